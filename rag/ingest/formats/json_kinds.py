"""Which service a record of JSON comes from -> its fields under our names; a record of unknown making is left as it is.

Each of `KINDS` is a module with a table of fields, `recognises(record)` and `fields(record)`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.core.domain import Note
from rag.core.escaping import counted
from rag.ingest.formats import (
    arxiv_snapshot,
    crossref,
    csl_json,
    europe_pmc,
    openalex,
    semantic_scholar,
    zotero_items,
)
from rag.ingest.formats.keys import plain_key

KINDS = {
    "the arXiv's snapshot": arxiv_snapshot,
    "OpenAlex": openalex,
    "Crossref": crossref,
    "Zotero's items": zotero_items,
    "Semantic Scholar": semantic_scholar,
    "Europe PMC": europe_pmc,
    "CSL-JSON": csl_json,
}
_ENVELOPES = ("data",)


def prepared(record: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The record under the names of our fields, where its kind is known; else as it is."""
    kind = next((kind for kind in KINDS.values() if kind.recognises(record)), None)
    return kind.fields(record) if kind is not None else record


def left_out(value: Any) -> str:
    """What a value is that stands among records and is no paper, such as "attachment"; "" of everything else."""
    if not isinstance(value, Mapping):
        return ""
    inner = next(
        (item for key, item in value.items() if plain_key(key) in _ENVELOPES and isinstance(item, Mapping)), value
    )
    return zotero_items.left_out(inner) if zotero_items.recognises(inner) else ""


@dataclass(slots=True)
class LeftOut:
    """What stood among the records and is no paper, counted by kind."""

    kinds: Counter[str] = field(default_factory=Counter)

    def takes(self, value: Any) -> bool:
        """Whether a value is none, which is counted then."""
        kind = left_out(value)
        if kind:
            self.kinds[kind] += 1
        return bool(kind)

    def notes(self) -> Iterator[Note]:
        """What there is to say of them, in one note."""
        if self.kinds:
            named = ", ".join(counted(number, kind) for kind, number in sorted(self.kinds.items()))
            yield Note(0, f"left out, as no papers: {named}")

"""Every file of a library's folder, damaged in every way: what is there is shown, or refused with the way out, and repaired.

`DAMAGE_SEEDS` says how often each damage is done that chance decides.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.helpers import damage, kills
from tests.library.test_never_lost import records, written

SEEDS = int(os.environ.get("DAMAGE_SEEDS", "1"))
pytestmark = pytest.mark.slow


def _swept(root: Path, papers: int, sentences: int, ending: str) -> dict[damage.Case, damage.Outcome]:
    whole = root / "whole"
    file = written(root / "papers.jsonl", records(0, papers, sentences))
    assert kills.ingest(whole, [file]).code == 0
    (whole / "feedback.jsonl").write_text('{"vote": 1}\n' * 50, "utf-8")
    expected = kills.look(whole)
    assert (len(expected.papers), expected.mirrored, expected.wrong) == (papers, True, "")
    cases = [case for case in damage.cases(whole, SEEDS) if case.file.endswith(ending)]
    outcomes = {case: damage.tried(whole, root / "library", case, expected) for case in cases}
    ends = Counter((Path(case.file).name, outcome.end) for case, outcome in outcomes.items())
    for (name, end), count in sorted(ends.items()):
        print(f"{name}: {end} {count}")
    return outcomes


@pytest.mark.parametrize(
    ("papers", "sentences", "ending"), [(30, 6, ".sqlite3"), (80, 30, "")], ids=["small", "with a graph on disk"]
)
def test_a_damaged_file_changes_nothing_or_is_refused_and_repaired(
    papers: int, sentences: int, ending: str, tmp_path: Path
) -> None:
    outcomes = _swept(tmp_path, papers, sentences, ending)
    assert {case: outcome.wrong for case, outcome in outcomes.items() if outcome.wrong} == {}
    refused = [case for case, outcome in outcomes.items() if outcome.end != "opened"]
    assert {Path(case.file).name for case in refused} == {"library.sqlite3", "texts.sqlite3"}
    names = {Path(case.file).name for case in outcomes}
    assert ("index_metadata.pickle" in names) == (not ending)

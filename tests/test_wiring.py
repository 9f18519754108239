"""The composition root: what it opened is closed where a later part cannot be had."""

import pytest

from rag.core.errors import ModelNotFound
from rag.core.settings import Settings
from rag.library.store import Library
from rag.search.hybrid import HybridRetriever
from rag.wiring import open_assistant


def test_library_and_index_are_closed_where_the_reader_cannot_be_found(
    seed_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    for kind in (HybridRetriever, Library):
        close = kind.close

        def recorded(self: object, kind: type = kind, close: object = close) -> None:
            closed.append(kind.__name__)
            close(self)  # type: ignore[operator]

        monkeypatch.setattr(kind, "close", recorded)
    with pytest.raises(ModelNotFound, match="nobody/no-such-model"):
        open_assistant(seed_settings.model_copy(update={"reader": "nobody/no-such-model"}))
    assert closed == ["HybridRetriever", "Library"]

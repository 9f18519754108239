"""What tests of models share."""

import pytest

from rag.models import server_way


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is loading or busy is asked again at once."""
    monkeypatch.setattr(server_way, "FIRST_WAIT", 0.02)

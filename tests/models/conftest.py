"""What tests of models share."""

import pytest

from rag.models import remote_writer


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is loading or busy is asked again at once."""
    monkeypatch.setattr(remote_writer, "_FIRST_WAIT", 0.02)

"""The browser of the tests of the window."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.windows import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One browser for all of them: each page is of a visitor of its own (`visit`).

    While it is open its event loop counts as running in this thread, where `asyncio.run` is refused: a test that needs that one asks in
    a thread of its own, or stands in a module that comes before the first `test_window`.
    """
    with chromium() as launched:
        yield launched

"""A Space as far as a machine without the hub can lay one out, and the browser that visits it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.windows import chromium
from tests.space.layout import Layout, lay_out


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Layout:
    """The checkout, its environment and its hub cache; made once, in a minute or two."""
    return lay_out(tmp_path_factory.mktemp("space"), cache)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One browser for all of them. Its event loop counts as running in this thread (see tests/ui/conftest.py)."""
    with chromium() as launched:
        yield launched

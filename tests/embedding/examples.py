"""The examples of docs/space.md, as the tests of embedding run them."""

from tests.conftest import ROOT
from tests.helpers.pages import blocks_of

ADDRESS = "https://papers.example.org"
"""What the examples call the window."""


def example(language: str, holding: str, address: str = "") -> str:
    """The one example in this language that holds these words, with this address for that of the window."""
    (found,) = [
        block.text
        for block in blocks_of(ROOT / "docs" / "space.md")
        if block.language == language and holding in block.text
    ]
    return found.replace(ADDRESS, address.rstrip("/")) if address else found

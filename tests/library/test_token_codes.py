"""Token vectors in five dimensions a byte: what comes back, and what is not taken for it."""

import numpy as np
import pytest

from rag.core.sentences import embedded_text
from rag.library import token_codes
from rag.library.token_codes import StoredTokens, coded, read, turned, written
from rag.models.spans import TokenVectors

TITLE, ABSTRACT = "Honey bees", "Bees dance, and the flowers are far away."


def _vectors(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _tokens(dimension: int = 384, title: str = TITLE, abstract: str = ABSTRACT) -> TokenVectors:
    """A token at each third character."""
    starts = np.arange(0, len(embedded_text(title, abstract)), 3, dtype=np.int64)
    return TokenVectors(_vectors(len(starts), dimension), starts)


def _same(one: StoredTokens, other: StoredTokens | None) -> bool:
    return other is not None and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in StoredTokens.__slots__
    )


@pytest.mark.parametrize("dimension", [8, 30, 384, 1024])
def test_similarities_are_near_the_exact_ones_whatever_the_dimension(dimension: int) -> None:
    tokens = _tokens(dimension)
    kept = coded(tokens, TITLE, ABSTRACT)
    asked = _vectors(5, dimension, seed=1)
    exact = asked @ tokens.vectors[np.isin(tokens.starts, kept.starts)].T
    error = kept.similarities(turned(asked)) - exact
    assert np.sqrt((error**2).mean()) < 0.55 / np.sqrt(dimension)
    itself = kept.similarities(turned(tokens.vectors[np.isin(tokens.starts, kept.starts)])).diagonal()
    assert itself == pytest.approx(np.full(len(itself), token_codes._LESS), abs=0.01)


def test_the_rotation_changes_no_similarity() -> None:
    one, other = _vectors(4, 384), _vectors(4, 384, seed=1)
    assert turned(one) @ turned(other).T == pytest.approx(one @ other.T, abs=1e-5)


def test_only_tokens_of_words_are_kept_in_their_order() -> None:
    text = embedded_text(TITLE, ABSTRACT)
    shuffled = np.random.default_rng(2).permutation(len(text)).astype(np.int64)
    kept = coded(TokenVectors(_vectors(len(text), 16), shuffled), TITLE, ABSTRACT)
    told = "".join(text[start] for start in kept.starts)
    assert told.replace(" ", "") == "HoneybeesBeesdanceandtheflowersarefaraway"
    assert told.count(" ") == 9, "as some tokenizers count the space before a word as its own"


def test_what_is_written_is_read_again_and_takes_a_fifth_of_a_byte_a_dimension() -> None:
    kept = coded(_tokens(), TITLE, ABSTRACT)
    blob = written(kept, TITLE, ABSTRACT)
    assert _same(kept, read(blob, 384, TITLE, ABSTRACT))
    assert len(blob) < len(kept.starts) * 81 + 20


def test_tokens_that_are_far_apart_keep_their_places() -> None:
    for gap in (300, 70_000):
        abstract = f"Bees {'. ' * gap}dance"
        starts = np.array([0, len(embedded_text("", abstract)) - 5], np.int64)
        kept = coded(TokenVectors(_vectors(2, 16), starts), "", abstract)
        back = read(written(kept, "", abstract), 16, "", abstract)
        assert back is not None and back.starts.tolist() == starts.tolist()


def test_a_paper_without_words_has_no_tokens_and_breaks_nothing() -> None:
    none = TokenVectors(np.empty((0, 384), np.float32), np.empty(0, np.int64))
    back = read(written(coded(none, "", "…"), "", "…"), 384, "", "…")
    assert back is not None
    assert back.similarities(turned(_vectors(3, 384))).shape == (3, 0)


@pytest.mark.parametrize("damage", ["short", "long", "empty", "a bit", "a form to come", "text", "null", "title"])
def test_what_is_damaged_or_of_another_text_is_not_read(damage: str) -> None:
    blob: object = written(coded(_tokens(), TITLE, ABSTRACT), TITLE, ABSTRACT)
    assert isinstance(blob, bytes)
    middle = len(blob) // 2
    wrong: dict[str, object] = {
        "short": blob[:-1],
        "long": blob + b"\0",
        "empty": b"",
        "a bit": blob[:middle] + bytes([blob[middle] ^ 4]) + blob[middle + 1 :],
        "a form to come": b"\3" + blob[1:],
        "text": blob.hex(),
        "null": None,
    }
    title = "Honey bee" if damage == "title" else TITLE
    assert read(wrong.get(damage, blob), 384, title, ABSTRACT) is None
    assert read(blob, 384, TITLE, ABSTRACT + " ") is None
    assert read(blob, 388, TITLE, ABSTRACT) is None, "another dimension"


def test_the_form_is_the_one_that_libraries_have() -> None:
    """Codes that are in libraries would mean something else, where this changes without another number of the form."""
    vectors = np.cos(np.arange(24, dtype=np.float32).reshape(2, 12) + 1)
    tokens = TokenVectors(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.array([0, 6], np.int64))
    kept = coded(tokens, TITLE, ABSTRACT)
    assert written(kept, TITLE, ABSTRACT).hex() == "02010c0002000000b853fa22000688351135e55c02ed7102"
    assert token_codes._FORM == 2


def test_the_form_before_is_read_too() -> None:
    """Two bits a dimension: of four dimensions a byte, the first in the lowest bits."""
    first = StoredTokens(
        1, 8, np.array([[0b11_10_01_00, 0b00_01_10_11]], np.uint8), np.ones(1, np.float32), np.zeros(1, np.int64)
    )
    back = read(written(first, TITLE, ABSTRACT), 8, TITLE, ABSTRACT)
    assert back is not None
    assert back.similarities(np.eye(8, dtype=np.float32)).T.tolist() == [[-3, -1, 1, 3, 3, 1, -1, -3]]

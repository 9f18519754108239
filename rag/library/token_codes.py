"""The token vectors of a paper in few bytes, and the similarities of a question with them.

Owns the form in which they are kept: five dimensions a byte, and no tokens of punctuation. A token vector is turned by a fixed
rotation, so that its numbers are spread as those of a normal distribution, each number becomes the nearest of three levels, and a
factor makes up for what that takes from the length (Gao and Long 2024, arXiv:2405.12497; Zandieh et al. 2025, arXiv:2504.19874).
Nothing is fitted to any papers, so that the codes of a paper depend on no other one. Knows nothing of where they are kept.
"""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.core.arrays import Matrix
from rag.core.sentences import embedded_text
from rag.models.spans import TokenVectors

_FORM = 2
_HEADER = struct.Struct("<BBHII")
"""The form, the bytes of a distance, the dimension, the number of tokens, the checksum of the paper's text and of what follows."""
_LEVELS = {1: (-3.0, -1.0, 1.0, 3.0), 2: (-1.224, 0.0, 1.224)}
"""By form the levels, of least error for a normal distribution (Max 1960), in any unit."""
_IN_A_BYTE = {1: 4, 2: 5}
"""By form the dimensions in a byte, as digits of a number to the base of as many as there are levels."""
_THRESHOLD = 0.612
"""Between two levels, in standard deviations."""
_LESS = 0.985
"""Of several similarities with an error each, the greatest is too great: by as much on the mean as this takes away."""
_WORD = re.compile(r"\w+")
_DISTANCES: dict[int, np.dtype[Any]] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens of a paper as they are kept: `codes` (n, bytes) in the `form`; `factors` (n,); `starts` (n,), offsets into title and
    abstract as they are embedded."""

    form: int
    dimension: int
    codes: Codes
    factors: Matrix
    starts: npt.NDArray[np.int64]

    def similarities(self, turned: Matrix) -> Matrix:
        """(pieces, n) about -1..1: of token vectors of a question that were `turned` (pieces, dimension)."""
        levels = _table(self.form).take(self.codes).view(np.float32)[:, : self.dimension]
        found: Matrix = (turned @ levels.T) * self.factors
        return found


def turned(vectors: Matrix) -> Matrix:
    """(n, dimension) the vectors after the rotation, which changes no similarity between them."""
    rotated: Matrix = vectors @ _rotation(vectors.shape[1])
    return rotated


def coded(tokens: TokenVectors, title: str, abstract: str) -> StoredTokens:
    """The tokens of a paper in the form in which they are kept; `tokens` are of title and abstract as they are embedded."""
    kept = np.flatnonzero(_of_words(embedded_text(title, abstract))[tokens.starts])
    kept = kept[np.argsort(tokens.starts[kept], kind="stable")]
    dimension = tokens.vectors.shape[1]
    rows = turned(np.asarray(tokens.vectors[kept], np.float32))
    limit = _THRESHOLD / np.sqrt(dimension)
    numbers = (rows > limit).astype(np.uint8) + (rows > -limit)
    inner = np.einsum("ij,ij->i", rows, np.array(_LEVELS[_FORM], np.float32)[numbers])
    # It would make the similarity of a token with itself 1. Half precision is how it is kept.
    factors = (_LESS / np.maximum(inner, 1e-3)).astype("<f2").astype(np.float32)
    return StoredTokens(_FORM, dimension, _packed(numbers), factors, tokens.starts[kept].astype(np.int64))


def written(tokens: StoredTokens, title: str, abstract: str) -> bytes:
    """The bytes that are kept of a paper with this text."""
    distances = np.diff(tokens.starts, prepend=0)
    most = int(distances.max(initial=0))
    size = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4
    body = (
        distances.astype(_DISTANCES[size]).tobytes() + tokens.factors.astype("<f2").tobytes() + tokens.codes.tobytes()
    )
    return _HEADER.pack(tokens.form, size, tokens.dimension, len(tokens.starts), _sum(title, abstract, body)) + body


def read(blob: object, dimension: int, title: str, abstract: str) -> StoredTokens | None:
    """What was written; None where it is damaged, of another text, of another dimension, or of a form of a newer citewise."""
    if not isinstance(blob, bytes) or len(blob) < _HEADER.size:
        return None
    form, size, of_dimension, count, total = _HEADER.unpack_from(blob)
    if form not in _LEVELS or size not in _DISTANCES or of_dimension != dimension:
        return None
    width = -(-dimension // _IN_A_BYTE[form])
    if len(blob) != _HEADER.size + count * (size + 2 + width) or total != _sum(title, abstract, blob[_HEADER.size :]):
        return None
    after = _HEADER.size + count * size
    starts = np.frombuffer(blob, _DISTANCES[size], count, _HEADER.size).astype(np.int64).cumsum()
    factors = np.frombuffer(blob, "<f2", count, after).astype(np.float32)
    codes = np.frombuffer(blob, np.uint8, count * width, after + 2 * count).reshape(count, width)
    return StoredTokens(form, dimension, codes, factors, starts)


def _sum(title: str, abstract: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{title}\0{abstract}".encode()))


def _of_words(text: str) -> npt.NDArray[np.bool_]:
    """(len(text) + 1,) whether each character is of a word: the others match no word of a question best."""
    found = np.zeros(len(text) + 1, bool)
    for match in _WORD.finditer(text):
        # Some tokenizers count the space before a word as its own.
        begin = match.start() - (text[match.start() - 1 : match.start()] == " ")
        found[begin : match.end()] = True
    return found


@lru_cache(maxsize=4)
def _rotation(dimension: int) -> Matrix:
    """(dimension, dimension) a cosine transform of coordinates some of which change their sign: orthogonal, and the same everywhere."""
    signs = np.frombuffer(hashlib.shake_128(b"citewise").digest(dimension), np.uint8) % 2 * 2.0 - 1
    place = np.arange(dimension)
    waves = np.cos(np.pi / dimension * (place[:, None] + 0.5) * place) * np.sqrt(2 / dimension)
    waves[:, 0] /= np.sqrt(2)
    matrix: Matrix = (signs[:, None] * waves).astype(np.float32)
    return matrix


def _packed(numbers: Codes) -> Codes:
    """(n, bytes) of (n, dimension) numbers of levels; what is left of the last byte stands for the first level."""
    count, dimension = numbers.shape
    digits, base = _IN_A_BYTE[_FORM], len(_LEVELS[_FORM])
    padded = np.zeros((count, -(-dimension // digits), digits), np.uint8)
    padded.reshape(count, padded.shape[1] * digits)[:, :dimension] = numbers
    codes: Codes = (padded @ base ** np.arange(digits)).astype(np.uint8)
    return codes


@lru_cache(maxsize=4)
def _table(form: int) -> npt.NDArray[np.void]:
    """(256,) for each byte its levels, float32, as one thing that is looked up at once."""
    digits, base = _IN_A_BYTE[form], len(_LEVELS[form])
    numbers = np.arange(256)[:, None] // base ** np.arange(digits) % base
    levels = np.ascontiguousarray(np.array(_LEVELS[form], np.float32)[numbers])
    return levels.view(f"V{4 * digits}").reshape(-1)

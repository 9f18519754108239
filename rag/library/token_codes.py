"""The token vectors of a paper in few bytes, and the similarities of a question with them.

Owns the form in which they are kept: two bits a dimension, and only the tokens of words that carry a topic. A token vector is turned
by a fixed rotation, so that its numbers are spread as those of a normal distribution, each number becomes the nearest of four levels,
and a factor makes up for what that takes from the length (Gao and Long 2024, arXiv:2405.12497; Zandieh et al. 2025, arXiv:2504.19874).
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
from rag.core.text import STOP_WORDS
from rag.models.embedder import TokenVectors

_FORM = 1
_HEADER = struct.Struct("<BBHII")
"""The form, the bytes of a distance, the dimension, the number of tokens, the checksum of the paper's text and of what follows."""
_LEVELS = np.array([-3, -1, 1, 3], np.float32)
"""Nearly those of least error for a normal distribution, in half a step."""
_STEP = 0.9957
"""Between two levels, in standard deviations (Max 1960)."""
_WORD = re.compile(r"\w+")
_DISTANCES: dict[int, np.dtype[Any]] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens of a paper as they are kept: `codes` (n, bytes), four dimensions a byte; `factors` (n,); `starts` (n,), offsets into
    title and abstract as they are embedded."""

    dimension: int
    codes: Codes
    factors: Matrix
    starts: npt.NDArray[np.int64]

    def similarities(self, turned: Matrix) -> Matrix:
        """(pieces, n) about -1..1: of token vectors of a question that were `turned` (pieces, dimension)."""
        found: Matrix = (turned @ _unpacked(self.codes, self.dimension).T) * self.factors
        return found


def turned(vectors: Matrix) -> Matrix:
    """(n, dimension) the vectors after the rotation, which changes no similarity between them."""
    rotated: Matrix = vectors @ _rotation(vectors.shape[1])
    return rotated


def coded(tokens: TokenVectors, title: str, abstract: str) -> StoredTokens:
    """The tokens of a paper in the form in which they are kept; `tokens` are of title and abstract as they are embedded."""
    kept = np.flatnonzero(_of_topic(embedded_text(title, abstract))[tokens.starts])
    kept = kept[np.argsort(tokens.starts[kept], kind="stable")]
    dimension = tokens.vectors.shape[1]
    rows = turned(np.asarray(tokens.vectors[kept], np.float32))
    scaled = rows * (np.sqrt(dimension) / _STEP)
    numbers = np.clip(np.floor(scaled) + 2, 0, 3).astype(np.uint8)
    inner = np.einsum("ij,ij->i", rows, _LEVELS[numbers])
    # The factor makes the similarity of a token with itself 1. Half precision is how it is kept.
    factors = (1 / np.maximum(inner, 1e-3)).astype("<f2").astype(np.float32)
    return StoredTokens(dimension, _packed(numbers), factors, tokens.starts[kept].astype(np.int64))


def written(tokens: StoredTokens, title: str, abstract: str) -> bytes:
    """The bytes that are kept of a paper with this text."""
    distances = np.diff(tokens.starts, prepend=0)
    most = int(distances.max(initial=0))
    size = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4
    body = (
        distances.astype(_DISTANCES[size]).tobytes() + tokens.factors.astype("<f2").tobytes() + tokens.codes.tobytes()
    )
    return _HEADER.pack(_FORM, size, tokens.dimension, len(tokens.starts), _sum(title, abstract, body)) + body


def read(blob: object, dimension: int, title: str, abstract: str) -> StoredTokens | None:
    """What was written; None where it is damaged, of another text, of another dimension, or of a form of a newer citewise."""
    if not isinstance(blob, bytes) or len(blob) < _HEADER.size:
        return None
    form, size, of_dimension, count, total = _HEADER.unpack_from(blob)
    width = -(-dimension // 4)
    if form != _FORM or size not in _DISTANCES or of_dimension != dimension:
        return None
    if len(blob) != _HEADER.size + count * (size + 2 + width) or total != _sum(title, abstract, blob[_HEADER.size :]):
        return None
    after = _HEADER.size + count * size
    starts = np.frombuffer(blob, _DISTANCES[size], count, _HEADER.size).astype(np.int64).cumsum()
    factors = np.frombuffer(blob, "<f2", count, after).astype(np.float32)
    codes = np.frombuffer(blob, np.uint8, count * width, after + 2 * count).reshape(count, width)
    return StoredTokens(dimension, codes, factors, starts)


def _sum(title: str, abstract: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{title}\0{abstract}".encode()))


def _of_topic(text: str) -> npt.NDArray[np.bool_]:
    """(len(text) + 1,) whether each character is of a word that carries a topic: the others match no word of a question best."""
    found = np.zeros(len(text) + 1, bool)
    for match in _WORD.finditer(text):
        if match.group().lower() not in STOP_WORDS:
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
    """(n, bytes) of (n, dimension) numbers below 4, filled up with zeros."""
    count, dimension = numbers.shape
    padded = np.zeros((count, -(-dimension // 4), 4), np.uint8)
    padded.reshape(count, padded.shape[1] * 4)[:, :dimension] = numbers
    codes: Codes = padded[..., 0] | padded[..., 1] << 2 | padded[..., 2] << 4 | padded[..., 3] << 6
    return codes


@lru_cache(maxsize=1)
def _table() -> npt.NDArray[np.complex128]:
    """(256,) for each byte its four levels, float32, in the sixteen bytes of one number: looked up at once."""
    numbers = np.arange(256)[:, None] >> np.array([0, 2, 4, 6]) & 3
    return np.ascontiguousarray(_LEVELS[numbers]).view(np.complex128).reshape(-1)


def _unpacked(codes: Codes, dimension: int) -> Matrix:
    levels: Matrix = _table().take(codes).view(np.float32)
    return levels[:, :dimension]

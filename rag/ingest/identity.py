"""What makes two records the same: hashes of a paper's fields and of its text. Pure functions."""

import hashlib
import json
from dataclasses import fields

from rag.core.domain import NEW_FIELDS, Paper
from rag.core.text import normalise

_NAMES = [field.name for field in fields(Paper)]


def record_hash(paper: Paper) -> str:
    """Of every field of a paper; of newer fields only where they say something, so that papers stored without them keep their hash."""
    every = ((name, getattr(paper, name)) for name in _NAMES)
    said = {name: value for name, value in every if value or name not in NEW_FIELDS}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def text_hash(title: str, abstract: str) -> str:
    """Of what is searched and embedded."""
    return hashlib.sha256(f"{title}\0{abstract}".encode()).hexdigest()[:32]


def text_id(title: str, abstract: str) -> str:
    """16 hexadecimal digits from the normalised title and abstract: the id of a paper that has no other."""
    return hashlib.sha256(f"{normalise(title)}\n{normalise(abstract)}".encode()).hexdigest()[:16]


def title_id(title: str, origin: str, year: int | None) -> str:
    """16 hexadecimal digits from the normalised title, its author and venue, and the year: of a paper without abstract or id."""
    return hashlib.sha256(f"{normalise(title)}\n\n{normalise(origin)}\n{year or ''}".encode()).hexdigest()[:16]

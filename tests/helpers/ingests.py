"""`citewise ingest` with the hash embedder in place of the real one: everything else is real."""

import pytest

from tests.helpers.fakes import HashEmbedder


def use_hash_embedder(monkeypatch: pytest.MonkeyPatch, embedder: HashEmbedder | None = None) -> HashEmbedder:
    """From now on this process ingests by an embedder that counts the texts it embeds."""
    fake = embedder or HashEmbedder()
    monkeypatch.setattr("rag.wiring.open_embedder", lambda *_, **__: fake)
    monkeypatch.setattr("rag.wiring.find_model", lambda *_, **__: None)
    monkeypatch.setattr("rag.models.embedder.identity_of", lambda *_, **__: fake.identity)
    monkeypatch.setattr("rag.models.prefixes.recipe_of", lambda *_, **__: None)
    return fake

"""The naive stack that the benchmarks compare with: llama-index over Chroma as they come, and an LLM that writes.

Owns: its index, its retriever, its prompt. Knows nothing of measuring. Foreign libraries are imported inside the functions.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.core.settings import Settings
from rag.library.store import Library
from rag.library.vector_index import window_node
from rag.models.embedder import Embedder
from rag.models.find import choose_device, find_model, load_network, load_tokenizer

NEW_TOKENS = 64
"""Most tokens that it writes: two or three sentences."""
_ADD_BATCH = 500
_COLLECTION = "naive"
_PROMPT = "Answer the question from these passages of paper abstracts.\n\n{passages}\n\nQuestion: {question}"


def _collection(folder: Path) -> tuple[Any, Any]:
    """(client, collection)"""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    client = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
    cosine: Any = {"hnsw": {"space": "cosine"}}
    return client, client.get_or_create_collection(_COLLECTION, embedding_function=None, configuration=cosine)


def build_naive_index(settings: Settings, folder: Path) -> None:
    """Put the windows and vectors of a library into a Chroma collection in `folder`, with Chroma's own settings."""
    from llama_index.vector_stores.chroma import ChromaVectorStore

    library = Library.open(settings.library)
    client, collection = _collection(folder)
    store = ChromaVectorStore(chroma_collection=collection)
    ids = library.window_ids()
    papers = {paper.id: paper for paper in library.papers()}
    for start in range(0, len(ids), _ADD_BATCH):
        windows, rows = library.windows_by_id(ids[start : start + _ADD_BATCH])
        owners = [papers[window.paper_id] for window in windows]
        store.add(
            [
                window_node(window, paper.title, paper.abstract, row)
                for window, paper, row in zip(windows, owners, rows, strict=True)
            ]
        )
    client.close()
    library.close()


def naive_retriever(folder: Path, embedder: Embedder, limit: int) -> Any:
    """A llama-index retriever of the nearest `limit` windows; questions are embedded as citewise embeds them."""
    from llama_index.core import VectorStoreIndex
    from llama_index.vector_stores.chroma import ChromaVectorStore

    store = ChromaVectorStore(chroma_collection=_collection(folder)[1])
    embedding = _llama_embedding(embedder)
    index = VectorStoreIndex.from_vector_store(store, embed_model=embedding, transformations=[])
    return index.as_retriever(similarity_top_k=limit)


def _llama_embedding(embedder: Embedder) -> Any:
    """The same embedder in the form that llama-index takes."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Embedding(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return [float(value) for value in embedder.embed_question(query)]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return [float(value) for value in embedder.embed_passages([text])[0]]

    return Embedding(model_name=embedder.identity.name)


class Writer:
    """The LLM that citewise reads with, writing an answer."""

    def __init__(self, settings: Settings) -> None:
        files = find_model(settings.reader, settings.cache)
        device = choose_device(settings.device)
        self._tokenizer = load_tokenizer(files)
        self._network = load_network(files, device, causal=True)
        self._device = device.name

    def write(self, question: str, passages: Sequence[tuple[str, str]]) -> list[int]:
        """The tokens written about (title, text) pairs: greedy, at most `NEW_TOKENS`."""
        listed = "\n".join(f"[{number}] {title}: {text}" for number, (title, text) in enumerate(passages, start=1))
        prompt = _PROMPT.format(passages=listed, question=question)
        if self._tokenizer.chat_template:
            turns = [{"role": "user", "content": prompt}]
            prompt = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        inputs = self._tokenizer(prompt, return_tensors="pt", add_special_tokens=not self._tokenizer.chat_template)
        inputs = inputs.to(self._device)
        pad = self._tokenizer.pad_token_id or 0
        output = self._network.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=pad)
        return list(output[0, inputs["input_ids"].shape[1] :].tolist())

"""Chroma as llama-index's vector store, with nothing in it but vectors, ids, and the paper that each window is of.

llama-index's own store keeps with each vector the node's text, and the whole node once more as JSON, which Chroma writes three times:
in its tables, in their index, and cut into trigrams. The library has all of that already. Imported where an index is opened, since it
loads llama-index and Chroma.
"""

from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import BaseNode
from llama_index.vector_stores.chroma import ChromaVectorStore


class LeanStore(ChromaVectorStore):
    """A `ChromaVectorStore` that keeps no text. The collection is asked directly (`VectorIndex.query`): what it finds are ids alone."""

    def __init__(self, chroma_collection: Any) -> None:
        super().__init__(chroma_collection=chroma_collection)
        self.stores_text = False

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Add nodes that have an embedding; one whose id is there is left out, as Chroma does."""
        ids = [node.node_id for node in nodes]
        if ids:
            self.client.add(
                ids=ids,
                embeddings=[node.get_embedding() for node in nodes],
                metadatas=[{"document_id": node.ref_doc_id or ""} for node in nodes],
            )
        return ids

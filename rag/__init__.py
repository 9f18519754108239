"""citewise: answers over a library of paper abstracts, every sentence tied to exact words of an abstract.

Importing this package is light: torch, transformers, chromadb and llama-index are loaded only where they are needed.
Start with `rag.wiring.open_assistant`.
"""

__version__ = "0.1.0"

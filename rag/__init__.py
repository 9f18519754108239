"""citewise: answers over a library of paper abstracts, every sentence tied to exact words of an abstract.

Importing this package is light: torch, transformers, chromadb and llama-index are loaded only where they are needed.
Start with `rag.wiring.open_assistant`.
"""

import os

# Threads of torch that wait spin by default: two processes on the same cores (a window and `citewise ask`) then slow each other down
# tenfold. Sleeping costs a sixth where a process is alone. Read once, when torch is loaded; a value that is set already is kept.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

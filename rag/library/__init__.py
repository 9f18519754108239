"""Where papers live: SQLite is the truth, the Chroma index is derived from it.

May import core, ingest (the records it stores) and of models what an embedder is. Knows nothing of networks, ranking or answers.
"""

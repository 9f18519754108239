"""Where papers live: SQLite is the truth, the Chroma index is derived from it.

May import core and ingest (the records it stores). Knows nothing of models, ranking or answers.
"""

"""Question -> papers: hybrid retrieval, late interaction, reranking, the papers that a name belongs to.

May import core, models, question and library. Knows nothing of evidence or answers.
"""

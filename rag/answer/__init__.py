"""Question + history -> answer: the whole flow, in quotes or in a writer's checked words.

May import all folders of rag but output. Knows nothing of JSON, files, terminals or screens.
"""

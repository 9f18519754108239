"""What a question asks for, by its words alone: its kind, whether it leans on what was said, identifiers in it.

May import core. Knows nothing of libraries, models or answers.
"""

"""Question sets and pairs: their forms, their checks, and how they are made.

May import rag. Knows nothing of runs and scores.
"""

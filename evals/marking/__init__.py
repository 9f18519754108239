"""A person reads answers and marks them.

May import rag, cases, runs and scores.
"""

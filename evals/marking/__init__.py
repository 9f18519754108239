"""A person reads the answers of a run and marks them by `rubric.md`; the marks go into the lab log.

May import rag, cases, runs and scores.
"""

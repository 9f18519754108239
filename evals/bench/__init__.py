"""Speed and memory beside the naive way to do the same.

May import rag, cases and runs (the machine's description). Knows nothing of whether answers are right.
"""

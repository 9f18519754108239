"""Asking the questions of a set, and the run file that keeps what came back.

May import rag, ui and cases. Knows nothing of scores.
"""

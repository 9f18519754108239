"""Asking the questions of a set, and the run file that keeps what came back.

May import rag and cases.
"""

"""Speed and memory beside the naive way to do the same.

May import rag and cases.
"""

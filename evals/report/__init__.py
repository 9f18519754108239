"""A run as one HTML page.

May import rag, cases, runs and scores.
"""

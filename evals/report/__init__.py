"""A run as one HTML page: Python says what stands where (records), the templates how it looks (they escape all text by default).

May import rag, cases, runs and scores. Knows nothing of settings and of asking.
"""

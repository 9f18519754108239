"""Fits what the package keeps as data (`rag/core/fitted`): a module for each model, and the regressions that they share.

May import rag, cases and scores. Knows nothing of commands and settings: an opened assistant or checker is handed in.
"""

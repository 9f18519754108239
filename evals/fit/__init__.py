"""Fits the models that the package keeps as data (`rag/core/fitted`).

May import rag, cases and scores.
"""

"""The networks that run: which weights, from where, on which device, and what each computes.

May import core. Knows nothing of papers, libraries or answers.
"""

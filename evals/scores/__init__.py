"""Run files -> numbers: measures, means with their intervals, comparisons, tables.

May import rag, cases and runs. Asks nothing.
"""

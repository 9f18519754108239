"""Run files to numbers: measures, means with their intervals, comparisons, tables; and how good the checker is.

May import rag, cases and runs. Asks nothing.
"""

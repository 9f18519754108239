"""What happens between a page and the assistant: turns, loading, lookups, limits, votes.

May import rag, `ui.records` and views. Knows nothing of the page's scripts.
"""

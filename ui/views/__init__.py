"""The window's records -> escaped HTML. Pure.

May import rag and `ui.records`. Knows nothing of gradio, of models or of how a turn comes about.
"""

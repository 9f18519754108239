"""The window's records -> HTML, by the templates in `templates/`, which escape what they show. Pure.

May import rag and `ui.records`. Knows nothing of gradio, of models or of how a turn comes about.
"""

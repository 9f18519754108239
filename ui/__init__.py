"""The chat window of citewise: what the page shows, how a chat turn runs on it, and the HTTP endpoints beside it.

Stands on top of `rag` and is imported by nothing in it. Importing this package does not import gradio.
"""

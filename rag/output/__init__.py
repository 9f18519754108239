"""Answers and papers as JSON, Markdown, BibTeX, RIS, CSL-JSON and terminal text; saved answers read back.

May import core, library and answer. Knows nothing of how answers come about.
"""

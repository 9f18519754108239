"""The tools that a library offers to programs with a language model (Model Context Protocol): over standard input and output, or at an
address of the window.

May import rag, `ui.records`, `ui.session` and `ui.gate`. Knows nothing of pages. The protocol's own library is imported in `server`,
`stdio` and `http` alone, which are imported only where they are needed.
"""

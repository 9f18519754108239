"""The chat window of citewise: what the page shows, how a chat turn runs on it, and the HTTP endpoints beside it.

Stands on top of `rag` and is imported by nothing in it. Importing this package does not import gradio, but mends what would keep gradio
from being imported.
"""

import sys

from rag.core.environment import mend

for note in mend():
    print(f"citewise: {note}", file=sys.stderr)

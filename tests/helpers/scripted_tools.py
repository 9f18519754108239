"""`citewise mcp` over a scripted assistant, which also prints where nothing but the protocol may be. Run as a module, with
the library's folder."""

import os
import sys
from pathlib import Path
from typing import Any

from rag.core.settings import Settings
from tests.helpers.windows import Scripted
from ui.mcp.stdio import serve


class Noisy(Scripted):
    """Prints as models and their libraries do."""

    def stream(self, *arguments: Any, **wishes: Any) -> Any:
        print("a progress bar")
        os.write(1, b"from below Python\n")
        return super().stream(*arguments, **wishes)


if __name__ == "__main__":
    serve(Settings(library=Path(sys.argv[1])), lambda settings, progress: Noisy())

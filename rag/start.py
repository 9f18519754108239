"""Where the command `citewise` begins: Ctrl-C while its modules are loaded ends it with one line instead of a traceback."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line of this process."""
    signal.signal(signal.SIGINT, _stop)
    from rag.cli import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


def _stop(number: int, frame: FrameType | None) -> None:
    os.write(2, b"citewise: stopped\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()

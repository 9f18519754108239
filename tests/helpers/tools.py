"""What tests of the tools for programs share, and libraries that are there by their folders alone."""

from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio

from tests.helpers.windows import Scripted


def in_a_loop(main: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """The result of a coroutine, in a thread of its own: where a browser is open its loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, main, *arguments).result()


def text_of(result: Any) -> str:
    """The text of a tool's result."""
    return "\n".join(part.text for part in result.content)


def folders(root: Path, names: Iterable[str]) -> Path:
    """A folder with libraries in it, as far as one sees from outside."""
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "library.sqlite3").write_bytes(b"scripted")
    return root


def opening(assistants: dict[str, Scripted]) -> Callable[..., Scripted]:
    """Opens the assistant of the name that a library's folder has."""
    return lambda settings, progress=None: assistants[settings.library.name]

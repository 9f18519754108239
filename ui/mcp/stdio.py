"""The tools over standard input and output, for a client that starts citewise itself.

Nothing but the protocol goes to standard output: while it is served, whatever else is printed there goes to standard error.
"""

import anyio
import anyio.to_thread
from mcp.server.stdio import stdio_server

from rag.core.errors import TooManyRequests
from rag.core.settings import Settings
from ui.mcp.calls import Calls, Job
from ui.mcp.server import Turns, server_of
from ui.session.loading import Open
from ui.session.shelves import Shelves, open_assistant

MOST_WAITING = 32


def serve(settings: Settings, open_: Open = open_assistant) -> None:
    """Answer on standard output what is asked on standard input, until that ends. The first library is opened in the background."""
    anyio.run(_serve, Shelves(settings, open_))


async def _serve(shelves: Shelves) -> None:
    server = server_of(Calls(shelves), in_turn())
    async with stdio_server() as (reading, writing):
        shelves.first.start()
        await server.run(reading, writing, server.create_initialization_options())


def in_turn(most: int = MOST_WAITING) -> Turns:
    """Calls that need a model are done one after the other, in the order in which they came; the others at once."""
    lock = anyio.Lock()
    waiting = 0

    async def turn(job: Job, needs_a_model: bool, request: object) -> None:
        nonlocal waiting
        if not needs_a_model:
            await _run(job)
            return
        if waiting >= most:
            raise TooManyRequests(f"{waiting} questions wait already; ask again when some are answered")
        waiting += 1
        try:
            job.note = "Waiting for the questions before this one" if lock.locked() else ""
            async with lock:
                job.note = ""
                await _run(job)
        finally:
            waiting -= 1

    return turn


async def _run(job: Job) -> None:
    """Do it in a thread, to its end: a call that is cancelled has the models until its next step."""
    async with anyio.create_task_group() as group:
        group.start_soon(_stop_at_end, job)
        await anyio.to_thread.run_sync(job.run)
        group.cancel_scope.cancel()


async def _stop_at_end(job: Job) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        job.stop()

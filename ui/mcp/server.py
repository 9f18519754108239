"""The tools as a server of the Model Context Protocol: what is listed, how a call is answered, progress, and stopping.

Owns everything of the protocol's library that both ways in share. How calls take turns is handed in.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as Offered

from rag import __version__
from rag.core.errors import CitewiseError
from rag.core.escaping import without_surrogates
from ui.mcp.calls import Calls, Job
from ui.mcp.tools import INSTRUCTIONS, Tool
from ui.views.words import sentence

Context = ServerRequestContext[Any, Any]
Turns = Callable[[Job, bool, Any], Awaitable[None]]
"""Has a job done in its turn: the job, whether it needs a model, and the request that it came with (None without one).

Raises:
    TooManyRequests: too many wait already, or came from one address.
"""

_TELL_SECONDS = 0.5


def server_of(calls: Calls, turns: Turns) -> Server[Any]:
    """A server of these tools. It keeps nothing of its clients."""

    async def listed(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_offered(tool) for tool in calls.tools])

    async def called(context: Context, params: CallToolRequestParams) -> CallToolResult:
        try:
            job = calls.job(params.name, params.arguments)
        except CitewiseError as error:
            return _refused(str(error))
        return await _done(job, calls.needs_a_model(params.name), turns, context)

    return Server(
        "citewise",
        title="citewise",
        version=__version__,
        description="Answers from a library of paper abstracts, in exact words with their papers",
        instructions=INSTRUCTIONS + _named(calls),
        on_list_tools=listed,
        on_call_tool=called,
    )


def _named(calls: Calls) -> str:
    names = calls.libraries
    if len(names) < 2:
        return ""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"\n\nThere are several libraries, named by the argument `library`: {', '.join(names[:20])}{more}."


def _offered(tool: Tool) -> Offered:
    # It looks into one library, which nothing of this changes.
    hints = ToolAnnotations(
        title=tool.title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    return Offered(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema(),
        output_schema=tool.gives,
        annotations=hints,
    )


async def _done(job: Job, needs_a_model: bool, turns: Turns, context: Context) -> CallToolResult:
    """The result once the job has been done. Where the client cancels or goes, the work is stopped."""
    refused = ""
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_tell, job, context)
            try:
                await turns(job, needs_a_model, context.request)
            except CitewiseError as error:
                refused = str(error)
            group.cancel_scope.cancel()
    finally:
        job.stop()
    if job.result is None:
        return _refused(refused or job.error)
    text = TextContent(text=without_surrogates(job.result.text))
    return CallToolResult(content=[text], structured_content=job.result.record)


async def _tell(job: Job, context: Context) -> None:
    """Tell the client how far it is, each time that it is further; nothing where it did not ask for that."""
    told, step = "", 0
    while True:
        if job.note != told:
            told, step = job.note, step + 1
            await context.session.report_progress(step, None, told)
        await anyio.sleep(_TELL_SECONDS)


def _refused(why: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=without_surrogates(sentence(why)))], is_error=True)

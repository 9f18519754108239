"""Asking a server that writes for its models, and which of them are to write. Knows nothing of answers."""

import logging
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from rag.core.errors import ServerFailed, WriterFailed
from rag.models import server_words as words
from rag.models.server_address import Address, shown
from rag.models.server_body import UnreadableBody, read_body, wait_of
from rag.models.server_line import Line, unconnected
from rag.models.server_models import Served, in_order, listed, read_models
from rag.models.server_pool import Lane
from rag.models.server_request import Refusal, refusal
from rag.models.server_way import backed_off

log = logging.getLogger(__name__)


def ask_for_models(
    lane: Lane, address: Address, bases: Sequence[str], line: Line, *, wait: bool
) -> tuple[str, tuple[Served, ...]] | Refusal:
    """Where the paths begin under which the server tells its models, and those; or its refusal. `wait`: until it has loaded.

    Raises:
        ServerFailed: it cannot be reached, or is not ready in time.
        WriterFailed: it answers in no form that is known.
    """
    for base in bases:
        tries = 0
        while True:
            status, body, after = _got(address.of(base, "/models"), address.bases[0], line, lane)
            models = read_models(body) if status == 200 else None
            if models is not None:
                return base, models
            what = refusal(status, body, after)
            if not (wait and what.is_loading and line.wait(min(1.0, backed_off(tries)))):
                break
            tries += 1
        if what.is_loading and wait:
            raise ServerFailed(words.not_ready_in(line.limits.seconds))
        if status != 200 and not what.is_of_path:
            return what
    raise WriterFailed(words.NO_LIST)


def _got(url: str, place: str, line: Line, lane: Lane) -> tuple[int, Any, float | None]:
    """Status, body (JSON where it is JSON, else text), and how long the server asks to wait."""
    import httpx

    line.asks()
    try:
        response = lane.send("GET", url, line)
        with closing(response):
            body = read_body(response, lambda: line.is_over)
            if response.is_redirect:
                log.warning("the server that writes sends on to %s", shown(response.headers.get("location", "")))
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnreadableBody) as error:
        if lane.is_reused and not line.is_over:  # the server had closed it
            return _got(url, place, line, lane)
        raise unconnected(error, line, place) from error
    line.rest()
    return response.status_code, body, wait_of(response.headers)


def choice(served: Sequence[Served]) -> tuple[list[str], str]:
    """The models that can chat, the one to write first, and why it is that one.

    Raises:
        WriterFailed: none of them can chat.
    """
    if not served:
        raise WriterFailed(f"{words.SERVER} has no model; load one there, or name one by CITEWISE_WRITER")
    names = [model.name for model in in_order(served)]
    if not names:
        raise WriterFailed(
            f"{words.SERVER} has no model that can chat, only {listed(model.name for model in served)}; load one there, and name it by "
            "CITEWISE_WRITER"
        )
    return names, "the only one" if len(served) == 1 else "the first that can chat"

"""Whether gradio has the function that a request calls. Knows nothing of who calls."""

import inspect
from collections.abc import Mapping, MutableMapping
from typing import Any

from rag.core.errors import RequestRefused
from ui.gate.payloads import check_count
from ui.gate.routes import Route

Scope = MutableMapping[str, Any]


def check_function(scope: Scope, route: Route, sent: Mapping[str, Any]) -> int:
    """Whether gradio has the function that is called, with so many values; how many of the last ones were left out."""
    functions = scope["app"].get_blocks().fns
    name = scope["path"].rstrip("/").rsplit("/", 1)[-1]
    if route.body in ("join", "beside"):
        function = functions.get(sent.get("fn_index"))
    else:
        function = next((one for one in functions.values() if one.api_name == name), None)
    if function is None or function.fn is None or (route.body == "beside" and function.queue):
        raise RequestRefused("there is no function of that name here")
    if "/call/v2/" in scope["path"]:
        return 0
    shown = [block for block in function.inputs if not block.skip_api]
    taken = list(inspect.signature(function.fn).parameters.values())[: len(shown)]
    needed = len(shown)
    while needed and taken[needed - 1].default is None:
        needed -= 1
    count = len(sent["data"])
    names = tuple(parameter.name for parameter in taken)
    check_count(count, names, frozenset({len(function.inputs), *range(needed, len(shown) + 1)}))
    return max(0, len(shown) - count)

"""What a program sends to a tool, looked at before anything is done with it. Pure.

Owns the messages about wrong arguments: they name the argument, what was sent, and what is taken.
"""

import json
from collections.abc import Mapping
from typing import Any

from rag.core.errors import RequestRefused
from rag.core.escaping import shorten
from rag.core.text import clean
from ui.mcp.forms import Schema
from ui.mcp.tools import Tool

_SHOWN = 60
_KINDS: Mapping[str, tuple[type, str]] = {
    "string": (str, "text"),
    "integer": (int, "a whole number"),
    "object": (dict, "an object"),
    "array": (list, "a list"),
}


def checked(tool: Tool, sent: Any) -> dict[str, Any]:
    """The arguments that were sent, without those that are null.

    Raises:
        RequestRefused: one is unknown, missing, of another kind, or out of bounds.
    """
    if sent is None:
        sent = {}
    if not isinstance(sent, Mapping):
        raise RequestRefused(f"the arguments of {tool.name} must be an object, such as {_example(tool)}")
    unknown = [str(name) for name in sent if name not in tool.takes]
    if unknown:
        taken = f"it takes {', '.join(tool.takes)}" if tool.takes else "it takes none"
        raise RequestRefused(f"the tool {tool.name} has no argument {', '.join(map(_shown, unknown[:5]))}; {taken}")
    given = {name: value for name, value in sent.items() if value is not None}
    for name in tool.needs:
        if name not in given:
            raise RequestRefused(f"the tool {tool.name} needs “{name}”: send {_example(tool)}")
    for name, value in given.items():
        if name != "filter":  # `rag.output.filter_json` looks at it
            _check(f"“{name}”", value, tool.takes[name])
    return given


def _check(what: str, value: Any, form: Schema) -> None:
    """Whether a value has this form.

    Raises:
        RequestRefused: it has not.
    """
    kind, called = _KINDS[form["type"]]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RequestRefused(f"{what} must be {called}{_such_as(form)}, not {_shown(value)}")
    if isinstance(value, int) and not form.get("minimum", value) <= value <= form.get("maximum", value):
        raise RequestRefused(f"{what} must be from {form['minimum']} to {form['maximum']}, not {_shown(value)}")
    if value not in form.get("enum", [value]):
        raise RequestRefused(f"{what} must be one of {', '.join(form['enum'])}, not {_shown(value)}")
    if isinstance(value, list):
        for n, item in enumerate(value, start=1):
            _check(f"{what}, item {n},", item, form["items"])
    if isinstance(value, dict):
        _check_fields(what, value, form)


def _check_fields(what: str, value: Mapping[str, Any], form: Schema) -> None:
    for name in form["required"]:
        if name not in value:
            raise RequestRefused(f"{what} needs “{name}”{_such_as(form)}; it has {_shown(value)}")
    for name, field in form["properties"].items():
        if value.get(name) is not None:
            _check(f"{what} “{name}”", value[name], field)


def _such_as(form: Schema) -> str:
    examples = form.get("examples") or form.get("enum")
    return f", such as {_json(examples[0])}" if examples else ""


def _example(tool: Tool) -> str:
    """Arguments that would be taken."""
    return _json({name: tool.takes[name]["examples"][0] for name in tool.needs})


def _shown(value: Any) -> str:
    return shorten(clean(_json(value)), _SHOWN)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)

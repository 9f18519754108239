"""What a program or page sends to have something done, looked at before gradio reads it. Pure.

Gradio fetches whatever address a value names in the form of its file objects, so nothing of that form is let through.
"""

import json
from collections.abc import Mapping
from typing import Any

from rag.core.errors import RequestRefused

_MOST_VALUES = 50_000
_MOST_DEPTH = 40
FILES_REFUSED = "citewise takes no files here and fetches none: send text"
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "session_hash": (str,),
    "event_id": (str,),
    "fn_index": (int,),
    "trigger_id": (int,),
    "simple_format": (bool,),
    "batched": (bool,),
    "oauth_token": (),
}
_MOST_CHARS = 200
_NEEDED = {"cancel": ("session_hash", "fn_index", "event_id"), "reset": ("event_id",)}
"""What must be in the body at these addresses."""


def parsed(body: bytes) -> Any:
    """The value of a JSON body.

    Raises:
        RequestRefused: it is no JSON, has too many values or too deep ones, or names a file.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RequestRefused("the body must be JSON in UTF-8") from None
    _look_through(value)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _look_through(value: Any) -> None:
    count, level = 0, [value]
    for _ in range(_MOST_DEPTH):
        count += len(level)
        if count > _MOST_VALUES:
            raise RequestRefused(f"the body has too many values; at most {_MOST_VALUES:,} are read")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                if _is_file(item):
                    raise RequestRefused(FILES_REFUSED)
                below += item.values()
            elif isinstance(item, list):
                below += item
        if not below:
            return
        level = below
    raise RequestRefused(f"the body's lists and objects are nested too deeply; at most {_MOST_DEPTH} levels are read")


def _is_file(item: Mapping[str, Any]) -> bool:
    meta = item.get("meta")
    kind = meta.get("_type") if isinstance(meta, dict) else item.get("_type")
    return "path" in item or str(kind or "").startswith("gradio.")


def without_half_characters(body: bytes) -> bytes:
    """The body with a question mark for each half of a surrogate pair, which no answer could be sent back with."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body


def filled(body: bytes, left_out: int) -> bytes:
    """The body of a call with null for so many values that were left out at the end."""
    sent = json.loads(body)
    return json.dumps(sent | {"data": [*sent["data"], *[None] * left_out]}, ensure_ascii=False).encode()


def check_call(sent: Any, named: bool) -> None:
    """Whether this has the form of a call: `data` is a list, or with `named` values by their names.

    Raises:
        RequestRefused: it has not.
    """
    if not isinstance(sent, dict):
        raise RequestRefused('the body must be a JSON object, such as {"data": ["your question", null]}')
    if named:
        return
    if not isinstance(sent.get("data"), list):
        raise RequestRefused('the body must have a list "data", such as {"data": ["your question", null]}')
    for name in _FIELDS:
        if sent.get(name) is not None:
            _check_field(sent, name)


def check_fields(sent: Any, address: str) -> None:
    """Whether this has all that is needed at an address that takes no call.

    Raises:
        RequestRefused: it has not.
    """
    if not isinstance(sent, dict):
        raise RequestRefused("the body must be a JSON object")
    for name in _NEEDED.get(address, ()):
        _check_field(sent, name)


def _check_field(sent: Mapping[str, Any], name: str) -> None:
    value = sent.get(name)
    if type(value) not in _FIELDS[name] or len(str(value)) > _MOST_CHARS:
        raise RequestRefused(f'"{name}" in the body has no value that can be used')


def check_count(count: int, wanted: tuple[str, ...], counts: frozenset[int]) -> None:
    """Whether a call brings as many values as the function takes.

    Raises:
        RequestRefused: it does not; the message names those that are taken.
    """
    if count not in counts:
        names = ", ".join(wanted) or "no values"
        raise RequestRefused(f'"data" must hold {len(wanted)} values ({names}; null for what is left out), not {count}')

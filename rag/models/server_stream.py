"""What a server streams, as text: bytes -> lines -> events -> what each of them says. Everything that real servers send is read.

Owns: the forms of a chat reply (streamed or whole, by parts, by its last message, without choices) and of an error within it. What is
not understood is passed over. Pure functions; knows nothing of connections, or of what thinking looks like in a text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_LONGEST_LINE = 2_000_000
_MOST_LINES = 50_000
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_text", "reasoning_details", "thought")
"""Fields that servers put thinking in, beside the content."""
_NO_FINISH = ("", "null", "none")
_FIELDS = ("event:", "id:", "retry:")


@dataclass(frozen=True, slots=True)
class Done:
    """The mark that ends a stream."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What is no JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one event says. `whole`: the text is the whole message and not the next piece of it. `finish`: why it ends here, or "".
    `thought`: characters of thinking in fields of its own."""

    text: str = ""
    whole: bool = False
    has_thought: bool = False
    finish: str = ""
    refusal: str = ""
    error: Any = None
    is_chat: bool = False
    thought: int = 0


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a body that comes in chunks.

    Raises:
        ValueError: a line is longer than 2 MB.
    """
    begun: list[bytes] = []
    size = 0
    for chunk in chunks:
        first, *more = chunk.split(b"\n")
        begun.append(first)
        size += len(first)
        if more:
            yield _decoded(b"".join(begun))
            yield from map(_decoded, more[:-1])
            begun, size = [more[-1]], len(more[-1])
        if size > _LONGEST_LINE:
            raise ValueError("a line without an end")
    if size:
        yield _decoded(b"".join(begun))


def _decoded(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace").lstrip("\ufeff")


def events(body: Iterable[str]) -> Iterator[Any]:
    """The JSON values of a body: of server-sent events, with or without empty lines between them, of one value a line, or of one value
    as a whole. Comments and other fields are left out. Also gives `Done` and `Unreadable`."""
    pending = ""
    other: list[str] = []
    for line in body:
        if line.startswith("data:"):
            data = line[5:].strip()
            if data.upper() == "[DONE]":
                yield Done()
                continue
            for text in (f"{pending}\n{data}", data) if pending else (data,):
                value = _parsed(text)
                if not isinstance(value, Unreadable):
                    if pending and text is data:
                        yield Unreadable(pending)
                    pending = ""
                    yield value
                    break
            else:
                pending = f"{pending}\n{data}".strip()
        elif not line.strip():
            if pending:
                yield Unreadable(pending)
            pending = ""
        elif line.startswith((":", *_FIELDS)) and not other:
            continue
        elif not other and line.lstrip().startswith("{") and not isinstance(value := _parsed(line), Unreadable):
            yield value
        else:
            other.append(line)
            if len(other) > _MOST_LINES:
                break
    if pending:
        yield Unreadable(pending)
    if other:
        yield _parsed("\n".join(other))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable(text)


def read_event(value: Any) -> Said:
    """What an event says, of whatever form it is; an empty `Said` where it is none of a chat reply."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return Said()
    error = _error(value)
    if error:
        return Said(error=error)
    if "choices" in value:
        choice = _first_choice(value["choices"])
        if choice is None:
            return Said(is_chat=not value["choices"])
        return _of_choice(choice)
    if isinstance(value.get("message"), dict):  # the form of Ollama's own functions
        said = _of_message(value["message"])
        return Said(
            said.text,
            False,
            said.has_thought,
            _finish(value.get("done_reason") if value.get("done") else ""),
            is_chat=True,
            thought=said.thought,
        )
    return Said(is_chat="usage" in value)


def _error(value: dict[str, Any]) -> Any:
    error = value.get("error")
    if error:
        return error
    if "choices" in value:
        return None
    if value.get("object") == "error" or value.get("type") == "error" or value.get("status") == "error":
        return value
    return value if isinstance(value.get("detail"), str | list | dict) and value["detail"] else None


def _first_choice(choices: Any) -> dict[str, Any] | None:
    if isinstance(choices, dict):
        return choices
    if not isinstance(choices, list):
        return None
    return next((item for item in choices if isinstance(item, dict) and item.get("index") in (0, None)), None)


def _of_choice(choice: dict[str, Any]) -> Said:
    delta, message = choice.get("delta"), choice.get("message")
    said = _of_message(delta) if isinstance(delta, dict) else Said()
    whole = False
    if not said.text and isinstance(message, dict):
        last = _of_message(message)
        whole = bool(last.text)
        said = Said(
            last.text,
            has_thought=said.has_thought or last.has_thought,
            refusal=said.refusal or last.refusal,
            thought=said.thought or last.thought,
        )
    text = said.text or (choice["text"] if isinstance(choice.get("text"), str) else "")
    return Said(
        text,
        whole,
        said.has_thought,
        _finish(choice.get("finish_reason")),
        said.refusal,
        choice.get("error"),
        is_chat=True,
        thought=said.thought,
    )


def _of_message(message: dict[str, Any]) -> Said:
    text, has_thought = text_of(message.get("content"))
    apart = [len(str(message[field])) for field in _THOUGHTS if message.get(field)]
    if has_thought and not text:
        apart.append(len(str(message["content"])))
    refusal = message.get("refusal")
    # The same thinking may come under two names.
    return Said(
        text,
        has_thought=bool(has_thought or apart),
        refusal=refusal if isinstance(refusal, str) else "",
        thought=max(apart, default=0),
    )


def text_of(content: Any) -> tuple[str, bool]:
    """The text of a content, and whether there is thinking in it: a string, a part, or a list of parts. Parts of another kind than
    text are left out."""
    if isinstance(content, str):
        return content, False
    if isinstance(content, list):
        parts = [text_of(part) for part in content]
        return "".join(text for text, _ in parts), any(thought for _, thought in parts)
    if isinstance(content, dict):
        kind = str(content.get("type") or "text").lower()
        if "text" in kind and "reason" not in kind and "think" not in kind and not content.get("thought"):
            text = content.get("text")
            text = text.get("value") if isinstance(text, dict) else text
            return (text, False) if isinstance(text, str) else ("", False)
        return "", bool(re.search("think|thought|reason", kind) or content.get("thought"))
    return "", False


def _finish(reason: Any) -> str:
    return reason if isinstance(reason, str) and reason.strip().lower() not in _NO_FINISH else ""

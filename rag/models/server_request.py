"""The request for an answer, in the forms that servers take; what a refusal tells; and in which form to ask again.

Owns: the fields that some servers refuse (the limit of tokens by one name or the other, the temperature, a message of the role
"system", streaming). Pure functions on records; knows nothing of connections. The words are in the lexicon.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from rag.core.domain import Message
from rag.core.lexicon import patterns
from rag.core.text import clean
from rag.models.writer import Limits

_ECHOES = ("input", "ctx", "url", "body", "request")
"""Fields of a refusal that repeat what was sent."""
_TOKENS = re.compile(r"max_?(?:completion_|new_|output_)?tokens", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_LONGEST = 4_000
FORM_REFUSED = (400, 406, 413, 415, 422, 501)


@dataclass(frozen=True, slots=True)
class Form:
    """How a server is asked. `tokens`: the name of the limit, "" where none is sent; `room`: with tokens for thinking besides."""

    tokens: Literal["max_tokens", "max_completion_tokens", ""] = "max_tokens"
    temperature: bool = True
    system: bool = True
    stream: bool = True
    room: bool = False

    def limit(self, limits: Limits) -> int:
        """The limit that is sent."""
        return limits.tokens + (limits.thinking if self.room else 0)

    def body(self, model: str, messages: Sequence[Message], limits: Limits) -> dict[str, Any]:
        """The request. Without the role "system" the rules stand before the user's first message."""
        body: dict[str, Any] = {"model": model, "messages": self._chat(messages)}
        if self.tokens:
            body[self.tokens] = self.limit(limits)
        if self.temperature:
            body["temperature"] = 0
        return body | {"stream": self.stream}

    def _chat(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        chat = [{"role": message.role, "content": message.content} for message in messages]
        if self.system:
            return chat
        rules = "\n\n".join(item["content"] for item in chat if item["role"] == "system")
        rest = [item for item in chat if item["role"] != "system"]
        if rules and rest:
            rest[0] = {**rest[0], "content": f"{rules}\n\n{rest[0]['content']}"}
        return rest or [{"role": "user", "content": rules}]


PLAIN = Form(tokens="", temperature=False, system=False)
"""With nothing that a server could refuse but the messages, and that the answer comes in pieces."""
WHOLE = replace(PLAIN, stream=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server answered in place of an answer: its status (200 within a stream), its own words, and the field it names."""

    status: int
    said: str = ""
    field: str = ""
    is_page: bool = False
    wait: float | None = None
    location: str = ""

    def matches(self, *names: str) -> bool:
        """Whether its words match one of these files of patterns."""
        return bool(patterns(*names).search(self.said))

    @property
    def is_long(self) -> bool:
        """Whether prompt and answer together are too long for the model."""
        return self.status == 413 or self.matches("refuses_length")

    @property
    def is_of_model(self) -> bool:
        """Whether another model could do what this one cannot: one that is there, is loaded and can chat."""
        return self.cannot_chat or self.matches("refuses_model") or self.field == "model"

    @property
    def cannot_chat(self) -> bool:
        """Whether the model does something else than chat."""
        return self.matches("refuses_chat") and not self.matches("refuses_system", "refuses_stream")

    @property
    def is_loading(self) -> bool:
        """Whether the server is there and only not ready yet."""
        fails = self.matches("refuses_model") or re.search(r"\b(?:error|fail|unable)", self.said, re.IGNORECASE)
        return self.status in (200, 425, 500, 503) and self.matches("loads_model") and not fails

    @property
    def is_of_path(self) -> bool:
        """Whether the address has no such function, so that another beginning of its paths may be right."""
        page = self.is_page and not self.is_behind_gateway
        return page or (self.status in (404, 405) and not self.is_of_model)

    @property
    def is_behind_gateway(self) -> bool:
        """Whether a gateway answers in the server's place, since that one is away or does not answer."""
        return self.status in (502, 504) or (self.status == 503 and self.is_page)

    @property
    def is_for_now(self) -> bool:
        """Whether the same request may do later: the server is busy, or away behind its gateway."""
        return (self.status in (429, 503, 529) and not self.is_quota) or self.is_behind_gateway

    @property
    def is_quota(self) -> bool:
        """Whether what may be asked of it is used up."""
        return self.status == 402 or (self.status == 429 and "quota" in self.said.lower())

    @property
    def is_of_server(self) -> bool:
        """Whether any other question would have been refused so too, and the server must be mended."""
        return self.is_page or (not (self.is_of_model or self.is_long) and (self.status == 429 or self.status >= 500))


def refusal(status: int, body: Any, wait: float | None = None, location: str = "") -> Refusal:
    """What an error says, in whatever form: a text, a page, or JSON of some depth."""
    if isinstance(body, str):
        if _PAGE.search(body[:2_000]):
            return Refusal(status, is_page=True, wait=wait, location=location)
        return Refusal(status, clean(body[:_LONGEST]), wait=wait, location=location)
    said = dict.fromkeys(clean(text) for text in _texts(body, 0))
    inner = body.get("error") if isinstance(body, dict) and isinstance(body.get("error"), dict) else body
    field = inner.get("param") if isinstance(inner, dict) else None
    return Refusal(status, " ".join(filter(None, said))[:_LONGEST], str(field or ""), wait=wait, location=location)


def _texts(value: Any, depth: int) -> Iterator[str]:
    """All texts of a value, without those that repeat the request. A text may itself be JSON."""
    if isinstance(value, str):
        text = value[:_LONGEST]
        if text.lstrip().startswith("{"):
            try:
                yield from _texts(json.loads(text), depth + 1)
                return
            except (ValueError, RecursionError):
                pass
        yield text
    elif isinstance(value, dict) and depth < 6:
        first = sorted(value.items(), key=lambda item: item[0] not in ("message", "error", "detail"))
        for key, inner in first:
            if key not in (*_ECHOES, "param", "type", "object"):
                yield from _texts(inner, depth + 1)
    elif isinstance(value, list) and depth < 6:
        for inner in value[:20]:
            yield from _texts(inner, depth + 1)


def asked_again(form: Form, refused: Refusal) -> Form | None:
    """The form without what a server refused; None where another form would not help. Each is another than those before it."""
    named = f"{refused.field} {refused.said}"
    is_form = refused.status in FORM_REFUSED
    if refused.is_long or (_TOKENS.search(named) and re.search("large|at most|maximum|exceed|less than", named)):
        if form.room:
            return replace(form, room=False)
        return replace(form, tokens="") if form.tokens and _TOKENS.search(named) else None
    if form.tokens and _TOKENS.search(named):
        return replace(form, tokens="max_completion_tokens" if form.tokens == "max_tokens" else "")
    if form.temperature and "temperature" in named.lower():
        return replace(form, temperature=False)
    if form.stream and (refused.field == "stream" or refused.matches("refuses_stream")):
        return replace(form, stream=False)
    if refused.is_of_model:
        return None
    if form.system and (refused.matches("refuses_system") or refused.field.startswith("messages")):
        return replace(form, system=False)
    plain = replace(PLAIN, stream=form.stream)
    if not is_form or form == WHOLE:
        return None
    return WHOLE if form == plain else plain

"""What goes wrong with a server that writes, in sentences for people: what failed, and what to do next.

The server's address is in no sentence, since visitors of a window read them; the log has it. Knows nothing of requests.
"""

import re
from collections.abc import Sequence

from rag.core.text import clean
from rag.models.server_models import listed
from rag.models.server_request import Form, Refusal
from rag.models.writer import Limits

SERVER = "the server that writes"
_TAGS = re.compile(r"<[^<>]{1,200}>")
_LONGEST = 200
THOUGHT_ALONE = "the model only thought and wrote no answer; ask again, or choose a model that does not think"
NO_ANSWER = f"{SERVER} sent what is no answer of a chat model"
DROPPED = f"{SERVER} closed the connection without an answer; look at its log"
IN_THE_MIDDLE = f"{SERVER} closed the connection in the middle of the answer; ask again"
UNREACHABLE = f"{SERVER} cannot be reached; is it running, and is CITEWISE_WRITER_URL right?"
NO_LIST = f"{SERVER} does not tell which models it has; name one by CITEWISE_WRITER, and see that CITEWISE_WRITER_URL ends in /v1"


def seconds_of(seconds: float) -> str:
    """A time limit: 15 s."""
    return f"{seconds:g} s"


def tokens_of(form: Form, limits: Limits) -> str:
    """The limit of tokens as it was sent."""
    if not form.tokens:
        return "the server's own limit of tokens"
    parts = f"CITEWISE_WRITER_TOKENS and {limits.thinking:,} for thinking" if form.room else "CITEWISE_WRITER_TOKENS"
    return f"the limit of {form.limit(limits):,} tokens ({parts})"


def thinking_of(limits: Limits) -> str:
    """The limit of what a model may think, where its server has not kept it."""
    return f"the limit of {limits.thinking:,} tokens for thinking (CITEWISE_WRITER_THINKING_TOKENS)"


def only_thought(limit: str) -> str:
    """The model thought until a limit came, and had not begun to answer."""
    return (
        f"the model only thought until {limit} and wrote no answer; raise that limit, switch the model's thinking off, or choose a "
        "model that does not think"
    )


def no_answer_in(seconds: float) -> str:
    """Nothing of an answer came in time."""
    return f"{SERVER} did not answer in {seconds_of(seconds)}; ask again, or raise CITEWISE_WRITER_SECONDS"


def no_beginning_in(seconds: float) -> str:
    """Not one word came in time."""
    return (
        f"{SERVER} did not begin to answer in {seconds_of(seconds)}; ask again, look at its log, or raise "
        "CITEWISE_WRITER_FIRST_SECONDS"
    )


def fell_silent_for(seconds: float) -> str:
    """It began, and went no further."""
    return f"{SERVER} stopped in the middle of an answer, and nothing came for {seconds_of(seconds)}; ask again, or look at its log"


def away(failures: int, reason: str, seconds: float) -> str:
    """It failed again and again, so nobody waits for it now."""
    when = f"about {max(1, round(seconds))} s"
    if failures < 2:
        failure, semicolon, advice = reason.partition("; ")
        return f"{failure}; it is tried again by itself in {when}{semicolon}{advice}"
    return (
        f"{SERVER} failed {failures} times in a row (the last time: {reason}) and is not asked for now; it is tried again by itself in "
        f"{when}; see that it runs, and look at its log"
    )


def not_ready_in(seconds: float) -> str:
    """The model was not loaded in time."""
    return f"{SERVER} was still loading its model after {seconds_of(seconds)}; ask again in a while"


def not_through(variable: str) -> str:
    """A proxy did not lead to the server."""
    return f"{SERVER} cannot be reached through the proxy that {variable} names; correct it, or put the server's host into NO_PROXY"


def refused(what: Refusal, name: str, models: Sequence[str], secrets: Sequence[str] = ()) -> str:
    """A refusal that no other way of asking helps against. `models`: those that the server has and that can chat, as far as known."""
    said = _said(what, secrets)
    if what.is_behind_gateway:
        return (
            f"{SERVER} does not answer behind its gateway, which has status {what.status}{said}; see that it runs, and ask again in a "
            "while"
        )
    if what.is_page:
        return (
            f"{SERVER} sent a web page in place of an answer; CITEWISE_WRITER_URL must be the address of its API, which mostly ends in "
            "/v1"
        )
    if what.status in (401, 403):
        return f"{SERVER} refused access{said}; set CITEWISE_WRITER_KEY to a key that it takes"
    if 300 <= what.status < 400:
        return f"{SERVER} has moved; set CITEWISE_WRITER_URL to its new address, which the log of this program tells"
    others = [model for model in models if model != name]
    if what.cannot_chat:
        have = f"; it also has {listed(others)}" if others else ""
        return f"the model “{name}” cannot chat{said}{have}; name a model that can by CITEWISE_WRITER"
    if what.is_of_model:
        have = f"; it has {listed(models)}" if models else ""
        return f"{SERVER} does not have “{name}” ready{said}{have}; set CITEWISE_WRITER to one that it serves"
    if what.status in (404, 405):
        have = f"; it has {listed(models)}" if models else ""
        return (
            f"{SERVER} has no model “{name}”, or no chat at this address{have}; set CITEWISE_WRITER to one that it serves, and end "
            "CITEWISE_WRITER_URL in /v1"
        )
    return _of_status(what, name, said)


def _of_status(what: Refusal, name: str, said: str) -> str:
    if what.is_quota:
        return f"the quota at {SERVER} is used up{said}"
    if what.status in (429, 503, 529):
        when = f"in {seconds_of(what.wait)}" if what.wait else "in a while"
        return f"{SERVER} has too much to do{said}; ask again {when}"
    if what.is_long:
        return f"the evidence is too long for “{name}”{said}; give it a longer context there, or set fewer CITEWISE_WRITER_TOKENS"
    if 400 <= what.status < 500:
        return f"{SERVER} refused the request{said}; look at its log"
    if what.status >= 500:
        return f"{SERVER} failed with status {what.status}{said}; look at its log"
    return f"{SERVER} failed{said}; look at its log"


def _said(what: Refusal, secrets: Sequence[str]) -> str:
    """The server's own words, short and without what must stay secret."""
    text = clean(_TAGS.sub(" ", what.said))
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    if not any(map(str.isalpha, text)):
        return ""
    return f" (it says: {text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + '…'})"

"""Which models a server has, which of them can chat, and which one writes.

Owns: the forms in which servers list their models, what a list or a name tells about a model, and the order of choice. Pure functions;
knows nothing of requests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.core.lexicon import patterns
from rag.core.text import clean

_LISTS = ("data", "models", "model_list", "model_names", "items", "result", "results")
_NAMES = ("id", "name", "model", "key", "model_name", "model_id")
_KINDS = ("type", "task", "model_type", "kind", "pipeline_tag", "mode")
"""Fields that tell what a model does."""
_CHATS = (
    "llm",
    "vlm",
    "chat",
    "chat-completion",
    "language",
    "text-generation",
    "image-text-to-text",
    "conversational",
    "code",
)
_OTHERS = (
    "embed",
    "rerank",
    "rank",
    "speech",
    "audio",
    "image",
    "moderation",
    "transcri",
    "tts",
    "similarity",
    "feature",
    "classif",
    "video",
)
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Served:
    """A model of a server. `chats`: whether it can answer, as far as the list or its name tells; `loaded` is None where that is not
    told."""

    name: str
    chats: bool = True
    loaded: bool | None = None


def read_models(body: Any) -> tuple[Served, ...] | None:
    """The models in what a server answered, in its order; None where it is no list of models."""
    if isinstance(body, dict):
        key = next((key for key in _LISTS if key in body), None)
        if key is None:
            return None
        inner = body[key]
        if isinstance(inner, dict):
            inner = [inner] if any(name in inner for name in _NAMES) else [_named(*item) for item in inner.items()]
        body = [] if inner is None else inner
    if not isinstance(body, list):
        return None
    served = [model for model in map(_served, body[:_MOST]) if model]
    return None if body and not served else tuple({model.name: model for model in reversed(served)}.values())[::-1]


def _named(name: str, about: Any) -> Any:
    return {"id": name, **(about if isinstance(about, dict) else {})}


def _served(item: Any) -> Served | None:
    about: dict[str, Any] = item if isinstance(item, dict) else {"id": item}
    name = next((clean(about[key]) for key in _NAMES if isinstance(about.get(key), str) and about[key].strip()), "")
    if not name:
        return None
    state = about.get("state")
    loaded = state.lower() == "loaded" if isinstance(state, str) else None
    if isinstance(about.get("loaded_instances"), list):
        loaded = bool(about["loaded_instances"])
    said = _chats(about)
    return Served(name, _may_chat(name) if said is None else said, loaded)


def _chats(about: dict[str, Any]) -> bool | None:
    """What the list says of a model; None where it says nothing."""
    for kind in (str(about[key]).lower() for key in _KINDS if isinstance(about.get(key), str)):
        if kind in _CHATS:
            return None  # of a guard or a model for code the name tells more
        if any(other in kind for other in _OTHERS):
            return False
    can = about.get("capabilities")
    if isinstance(can, dict) and isinstance(can.get("completion_chat"), bool):
        return bool(can["completion_chat"])
    if isinstance(can, list) and can and all(isinstance(item, str) for item in can):
        words = " ".join(can).lower()
        if not any(word in words for word in ("chat", "completion", "generat", "multimodal", "vision", "tools")):
            return False
    form = about.get("architecture")
    if isinstance(form, dict) and isinstance(form.get("output_modalities"), list):
        return None if "text" in form["output_modalities"] else False
    return None


def _may_chat(name: str) -> bool:
    return not patterns("model_no_chat").search(name)


def thinks(name: str) -> bool:
    """Whether a model of this name thinks before it answers."""
    return bool(patterns("model_thinks").search(name))


def in_order(served: Iterable[Served]) -> tuple[Served, ...]:
    """The models that can chat, in the order in which they are tried: what is loaded first, else as the server lists them."""
    return tuple(sorted((model for model in served if model.chats), key=lambda model: model.loaded is False))


def is_served(name: str, served: Sequence[Served]) -> bool:
    """Whether a server has the model of this name. Ollama's `:latest` and a folder before the name may be left out."""
    wanted = name.casefold()
    names = {model.name.casefold() for model in served}
    short = {
        part
        for full in names
        for part in (full, full.removesuffix(":latest"), full.replace("\\", "/").rpartition("/")[2])
    }
    return wanted in short or wanted.removesuffix(":latest") in short


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in a sentence: all, or the first and how many more there are."""
    every = list(names)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")

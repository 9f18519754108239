"""What the page says about the library and the models behind it: the head line, the empty chat, the settings' facts.

Pure; knows nothing of gradio.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from rag.core.escaping import counted, shorten
from rag.core.settings import Settings
from ui.records import HISTORY_MESSAGES, QUESTIONS_A_MINUTE, Loading
from ui.views.templating import render

_QUOTES = "Answers are the exact words of the abstracts. Every sentence names its paper."
_WRITES = "Answers are written from the abstracts. Every sentence is checked against the words it cites."


def status(loading: Loading, settings: Settings) -> dict[str, Any]:
    """What the page shows of the loading; HTML but for `state`, `note`, `count` and `retry`, which are plain."""
    ready = loading.state == "ready"
    return {
        "state": loading.state,
        "note": loading.note,
        "line": ready_line(loading),
        "count": papers_label(loading),
        "welcome": welcome(loading, settings),
        "retry": loading.state == "failed" or (ready and not loading.papers),
        "runs": _runs(loading.description or {}, settings) if ready else "",
    }


def papers_label(loading: Loading) -> str:
    """What the button says that opens the list of papers."""
    return counted(loading.papers, "paper") if loading.state == "ready" else "Papers"


def ready_line(loading: Loading) -> Markup:
    """The head line: what is being loaded, or what answers."""
    about = loading.description or {}
    names = [_model_name(about[key]) for key in ("writer", "reader") if about.get(key)]
    facts = filter(None, [*names, about.get("device", "").upper(), about.get("mode", "")])
    return render("ready_line", state=loading.state, note=loading.note, facts=" · ".join(facts))


def welcome(loading: Loading, settings: Settings, waiting: bool = True) -> Markup:
    """The middle of an empty chat: what this is, unless `waiting` is off what is being waited for, or what to do."""
    ready = loading.state == "ready"
    empty = ready and not loading.papers
    return render(
        "welcome",
        state=loading.state,
        note=loading.note if waiting else "",  # of a failure it says what to do next
        papers=counted(loading.papers, "paper") if ready else "papers",
        promise=_WRITES if (loading.description or {}).get("mode") == "write" else _QUOTES,
        command=f"citewise ingest FILE --library {settings.library}" if empty else "",
    )


def _runs(about: Mapping[str, str], settings: Settings) -> Markup:
    """The models and the device as they are, what a GPU would change, and the limits."""
    names = {"Finds": "embedder", "Reads": "reader", "Writes": "writer", "Device": "device"}
    facts = [
        (name, about[key].upper() if key == "device" else about[key]) for name, key in names.items() if about.get(key)
    ]
    if not about.get("writer"):
        facts.append(("Writes", about.get("mode_reason", "nothing: answers are quoted")))
    facts.append(("With a GPU", _with_gpu(about.get("device", ""))))
    facts.append(("Limits", _limits(settings)))
    return render("facts", facts=facts)


def _limits(settings: Settings) -> str:
    rate = f"{QUESTIONS_A_MINUTE} questions a minute from one address; " if QUESTIONS_A_MINUTE else ""
    return (
        f"{settings.max_question_chars:,} characters a question; {rate}"
        f"a follow-up knows the last {HISTORY_MESSAGES // 2} answers; no files are taken"
    )


def _with_gpu(device: str) -> str:
    if "cuda" in device.lower():
        return "it is in use: models run in bfloat16, and a writer is loaded unless it is switched off"
    return (
        "the same models run there in bfloat16, and answers can be written by a larger one (Qwen3-4B, about 8 GB); restart "
        "citewise on the machine that has it. What is found and quoted stays the same"
    )


def _model_name(name: str) -> str:
    """A model's name without its owner or folder."""
    return shorten(name.rstrip("/").rsplit("/", 1)[-1], 60)

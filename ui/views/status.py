"""What the page says about the library and the models behind it: the head line, the empty chat, the settings' facts.

Pure; knows nothing of gradio.
"""

from collections.abc import Mapping
from typing import Any

from rag.core.escaping import counted, escape_html, shorten
from rag.core.settings import Settings
from ui.records import HISTORY_MESSAGES, QUESTIONS_A_MINUTE, Loading
from ui.views.examples import example_questions

_QUOTES = "Answers are the exact words of the abstracts. Every sentence names its paper."
_WRITES = "Answers are written from the abstracts. Every sentence is checked against the words it cites."


def status(loading: Loading, settings: Settings) -> dict[str, Any]:
    """What the page shows of the loading; HTML but for `state`, `note`, `count`, `limit`, `retry` and `examples`, which are plain."""
    ready = loading.state == "ready"
    about = loading.description or {}
    return {
        "state": loading.state,
        "note": loading.note,
        "line": _line(loading),
        "count": counted(len(loading.papers), "paper") if ready else "Papers",
        "welcome": welcome(loading, settings),
        "examples": example_questions(loading.papers) if ready else [],
        "retry": loading.state == "failed" or (ready and not loading.papers),
        "limit": settings.max_question_chars,
        "runs": _runs(about, settings) if ready else "",
    }


def _line(loading: Loading) -> str:
    if loading.state == "failed":
        return '<span class="cw-bad">Not ready</span>'
    if loading.state == "loading":
        return f'<span class="cw-busy">{escape_html(loading.note)} …</span>'
    about = loading.description or {}
    names = [_model_name(about[key]) for key in ("writer", "reader") if about.get(key)]
    facts = map(escape_html, [*names, about.get("device", "").upper(), about.get("mode", "")])
    return f"<span>{' · '.join(filter(None, facts))}</span>"


def welcome(loading: Loading, settings: Settings) -> str:
    """The middle of an empty chat: what this is, what is being waited for, or what to do."""
    if loading.state == "failed":
        # The message itself says what to do next.
        return f"<h3>Not ready to answer</h3><p>{escape_html(loading.note)}</p><p>After that, press “Try again”.</p>"
    if loading.state == "ready" and not loading.papers:
        command = escape_html(f"citewise ingest FILE --library {settings.library}")
        return f"<h3>This library is empty</h3><p>To fill it, run <code>{command}</code> and press “Try again”.</p>"
    promise = _WRITES if (loading.description or {}).get("mode") == "write" else _QUOTES
    if loading.state == "loading":
        return (
            f"<h3>Ask about these papers</h3><p>{promise}</p><p>{escape_html(loading.note)} … You can ask already.</p>"
        )
    return f"<h3>Ask about these {counted(len(loading.papers), 'paper')}</h3><p>{promise}</p>"


def _runs(about: Mapping[str, str], settings: Settings) -> str:
    """The models and the device as they are, what a GPU would change, and the limits."""
    names = {"Finds": "embedder", "Reads": "reader", "Writes": "writer", "Device": "device"}
    rows = [
        (label, escape_html(about[key].upper() if key == "device" else about[key]))
        for label, key in names.items()
        if about.get(key)
    ]
    if not about.get("writer"):
        rows.append(("Writes", escape_html(about.get("mode_reason", "nothing: answers are quoted"))))
    rows.append(("With a GPU", _with_gpu(about.get("device", ""))))
    rate = f"{QUESTIONS_A_MINUTE} questions a minute from one address; " if QUESTIONS_A_MINUTE else ""
    rows.append(
        (
            "Limits",
            f"{settings.max_question_chars:,} characters a question; {rate}"
            f"a follow-up knows the last {HISTORY_MESSAGES // 2} answers; no files are taken",
        )
    )
    return "<dl>" + "".join(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in rows) + "</dl>"


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

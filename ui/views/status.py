"""What the page says about the library and the models behind it: the head line, the empty chat, the settings' facts.

Pure; knows nothing of gradio.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from rag.core.accents import shown
from rag.core.escaping import counted, shorten
from rag.core.settings import Settings
from rag.library.overview import Overview
from ui.records import HISTORY_MESSAGES, QUESTIONS_A_MINUTE, Loading
from ui.views.marks import prose
from ui.views.templating import render

_QUOTES = "Answers are the exact words of the abstracts. Every sentence names its paper."
_WRITES = "Answers are written from the abstracts. Every sentence is checked against the words it cites."
_MOST_YEARS = 12


def status(loading: Loading, settings: Settings) -> dict[str, Any]:
    """What the page shows of the loading; HTML but for `state`, `note`, `count` and `retry`, which are plain."""
    ready = loading.state == "ready"
    return {
        "state": loading.state,
        "note": loading.note,
        "line": ready_line(loading),
        "count": papers_label(loading),
        "welcome": welcome(loading, settings),
        "library": library(loading),
        "retry": loading.state == "failed" or (ready and not loading.papers),
        "runs": _runs(loading, settings) if ready else "",
    }


def papers_label(loading: Loading) -> str:
    """What the button says that opens the list of papers."""
    return counted(loading.papers, "paper") if loading.state == "ready" else "Papers"


def ready_line(loading: Loading) -> Markup:
    """The head line: what is being loaded, or what is searched and how answers come about."""
    about = loading.description or {}
    if loading.state == "ready" and not loading.papers:
        return render("ready_line", state="ready", note="", says="No papers yet", more="")
    how = "writes answers, each sentence checked" if about.get("mode") == "write" else "answers in exact quotes"
    return render(
        "ready_line",
        state=loading.state,
        note=loading.note,
        says=f"Searches {counted(loading.papers, 'paper')} · {how}",
        more=f"{_who_sees(about)} More under Settings.",
    )


def _who_sees(about: Mapping[str, str]) -> str:
    """Where questions go; a local writer's place is a device."""
    if "://" in about.get("writer_place", ""):
        return "Questions and quotes go to the server that writes."
    return "Questions stay on the computer that runs citewise."


def welcome(loading: Loading, settings: Settings, waiting: bool = True, of: str = "") -> Markup:
    """The middle of an empty chat: what this is, unless `waiting` is off what is being waited for, or what to do. `of` says how many
    papers are asked where these are not all."""
    ready = loading.state == "ready"
    empty = ready and not loading.papers
    return render(
        "welcome",
        state=loading.state,
        note=loading.note if waiting else "",  # of a failure it says what to do next
        papers=of or (f"these {counted(loading.papers, 'paper')}" if ready else "these papers"),
        promise=_WRITES if (loading.description or {}).get("mode") == "write" else _QUOTES,
        edits=settings.edit == "on",
        command=f"citewise ingest FILE --library {settings.library}" if empty else "",
    )


def library(loading: Loading) -> Markup:
    """What is in the library, as far as it is known; empty until then."""
    overview = loading.overview
    if overview is None or not overview.papers:
        return Markup("")
    return render(
        "overview",
        papers=counted(overview.papers, "paper"),
        theme=overview.theme,
        topics=overview.topics,
        years=_years(overview),
        titles=[(shorten(shown(title), 160), prose(shorten(shown(title), 110))) for title in overview.titles],
    )


def _years(overview: Overview) -> dict[str, Any] | None:
    """The bars of the last years, with what came before as one; none where no paper has a year."""
    if not overview.years:
        return None
    first, last = overview.years[0][0], overview.years[-1][0]
    counts = dict(overview.years)
    start = max(first, last - _MOST_YEARS + 1)
    bars = [_bar(str(year), f"from {year}", counts.get(year, 0)) for year in range(start, last + 1)]
    if earlier := sum(n for year, n in overview.years if year < start):
        bars.insert(0, _bar(f"–{start - 1}", f"published before {start}", earlier))
    most = max(bar["papers"] for bar in bars)
    for bar in bars:
        bar["height"] = round(100 * bar["papers"] / most)
    return {"bars": bars, "undated": counted(overview.undated, "paper") if overview.undated else ""}


def _bar(label: str, when: str, papers: int) -> dict[str, Any]:
    return {
        "label": label,
        "papers": papers,
        "says": f"{counted(papers, 'paper')} {when}",
        "asks": f"Which papers are {when}?",
    }


def _runs(loading: Loading, settings: Settings) -> Markup:
    """What is in the library and what answers, for whoever wants to know: models and device, what a GPU would change, the limits."""
    about = loading.description or {}
    names = {"Finds": "embedder", "Reads": "reader", "Writes": "writer", "Device": "device"}
    facts = [("Holds", counted(loading.papers, "paper"))]
    facts += [
        (name, about[key].upper() if key == "device" else about[key]) for name, key in names.items() if about.get(key)
    ]
    if not about.get("writer"):
        facts.append(("Writes", about.get("mode_reason", "nothing: answers are quoted")))
    facts.append(("With a GPU", _with_gpu(about.get("device", ""), about.get("writer_place", ""))))
    facts.append(("Limits", _limits(settings)))
    return render("facts", facts=facts)


def _limits(settings: Settings) -> str:
    rate = f"{QUESTIONS_A_MINUTE} questions a minute from one visitor; " if QUESTIONS_A_MINUTE else ""
    return (
        f"{settings.max_question_chars:,} characters a question; {rate}"
        f"a follow-up knows the last {HISTORY_MESSAGES // 2} answers; "
        + (
            f"files of at most {settings.max_upload_mb:,} MB are taken"
            if settings.edit == "on"
            else "no files are taken"
        )
    )


def _with_gpu(device: str, writer_place: str) -> str:
    if "lent" in writer_place:
        return "it is lent for each answer that is written; everything else runs on the CPU"
    if "cuda" in device.lower():
        return "it is in use: models run in bfloat16, and a writer is loaded unless it is switched off"
    return (
        "the same models run there in bfloat16, and answers can be written by a larger one (Qwen3-4B, about 8 GB); restart "
        "citewise on the machine that has it. What is found and quoted stays the same"
    )

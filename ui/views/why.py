"""Why an answer came out so: what answered, what was found and ranked with which scores, what was written and left out.

Pure; knows nothing of the turn around the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from rag.core.accents import shown
from rag.core.domain import Answer
from ui.views.marks import prose
from ui.views.templating import render


def why(answer: Answer, about: Mapping[str, str]) -> Markup:
    """The folded part under an answer; none where no abstract was read. `about` is what answers: the assistant's description."""
    if answer.origin != "abstracts":
        return Markup("")
    times = ", ".join(
        f"{name.replace('_', ' ')} {value / 1000:.2f} s"
        for name, value in answer.timings_ms.items()
        if value >= 1 and name != "cached"
    )
    if "cached" in answer.timings_ms:
        made = answer.timings_ms["cached"] / 1000
        times = f"{times or 'at once'}; the same was answered before, in {made:.2f} s, and the library is as it was"
    models = ", ".join(
        f"{name} {_model(about[name])}" for name in ("embedder", "reader", "writer", "device") if about.get(name)
    )
    facts = (
        ("Mode", "; ".join(filter(None, (answer.mode, about.get("mode_reason"))))),
        ("Models", models),
        ("Time", times),
        ("Answerable", _probability(answer)),
    )
    scored = (
        ("Papers found", _score_rows(answer.retrieved, lambda hit: prose(shown(hit.paper.title)))),
        ("Sentences read", _score_rows(answer.evidence, lambda item: prose(item.text))),
    )
    return render(
        "why",
        facts=[(name, value) for name, value in facts if value],
        dropped=[(prose(sentence.text), sentence.reason) for sentence in answer.dropped],
        withheld=[(prose(item.text), f"{item.paper.title}: {item.reason}") for item in answer.withheld],
        scored=[(title, rows) for title, rows in scored if rows],
    )


def _probability(answer: Answer) -> str:
    """An answer that was kept before thresholds were has none."""
    if answer.outcome == "nearest" and answer.p_answerable >= answer.threshold > 0:
        return f"with probability {answer.p_answerable:.2f}; it counts as answered from {answer.sure:.2f} on"
    if answer.outcome == "nearest":
        return f"with probability {answer.p_answerable:.2f}: what is asked for is not said in so many words"
    declined = f"; below {answer.threshold:.2f} it counts as not found" if answer.threshold else ""
    return f"with probability {answer.p_answerable:.2f}{declined}"


def _score_rows(items: Sequence[Any], words: Callable[[Any], Markup]) -> list[tuple[str, Markup, str]]:
    """Per paper or sentence its score, its words and the parts of the score."""
    return [(f"{item.score:+.2f}", words(item), _parts(item.parts)) for item in items]


def _parts(parts: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in parts.items())


def _model(name: str) -> str:
    return name.rstrip("/").rsplit("/", 1)[-1][:60]

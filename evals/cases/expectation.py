"""What kind of answer a question expects: the optional object `expect` of a question set, and its checks.

Owns the names of its keys and what each may hold. Whether an answer is of that kind is measured in `evals.scores.expected`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from rag.core.domain import Origin, Outcome

OUTCOMES: tuple[str, ...] = get_args(Outcome)
ORIGINS: tuple[str, ...] = get_args(Origin)


def check_expectation(value: Any) -> None:
    """Raise ValueError where `expect` is not of its form; the message names the key and what it may hold."""
    if not isinstance(value, Mapping):
        raise ValueError("expect is not an object")
    if unknown := sorted(map(str, set(value) - set(_FORMS))):
        raise ValueError(f"expect has no key {unknown[0]!r}; known are {', '.join(_FORMS)}")
    for name, item in value.items():
        holds, form = _FORMS[name]
        if not holds(item):
            raise ValueError(f"{name} of expect is not {form}")


def papers_expected(raw: Mapping[str, Any]) -> Iterator[str]:
    """Ids or exact titles of the papers that `expect` names, by the object of a question set."""
    yield from raw.get("expect", {}).get("about", [])


def _is_outcomes(value: Any) -> bool:
    return bool(value) and is_strings(value) and all(item in OUTCOMES for item in value)


def _is_origin(value: Any) -> bool:
    return isinstance(value, str) and value in ORIGINS


def is_strings(value: Any) -> bool:
    """Whether it is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def is_facts(value: Any) -> bool:
    """Whether it is a list of facts: each a list of its spellings, none of them empty."""
    return isinstance(value, list) and all(
        bool(item) and is_strings(item) and all(alias.strip() for alias in item) for item in value
    )


def _is_texts(value: Any) -> bool:
    return is_strings(value) and all(item.strip() for item in value)


def _is_true(value: Any) -> bool:
    return value is True


_FACTS = "a list of non-empty lists of non-empty strings"
_FORMS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "outcome": (_is_outcomes, f"a list of some of {', '.join(OUTCOMES)}"),
    "origin": (_is_origin, f"one of {', '.join(ORIGINS)}"),
    "about": (is_strings, "a list of strings"),
    "first": (is_facts, _FACTS),
    "says": (is_facts, _FACTS),
    "not_says": (_is_texts, "a list of non-empty strings"),
    "only": (_is_true, "true; leave it out where it does not matter"),
    "all": (_is_true, "true; leave it out where it does not matter"),
    "order": (_is_true, "true; leave it out where it does not matter"),
}

"""Prompt files -> templates whose slots were checked. Knows nothing of models.

A prompt is a file `prompts/NAME.md` whose `{slot}`s are filled with untrusted text; text is inserted as it is, never
interpreted, and control tokens in it are neutralised where it is tokenised.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from rag.core.errors import PromptError

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template and the sha256 of its file."""

    name: str
    template: str
    sha256: str

    def fill(self, values: Mapping[str, str]) -> str:
        """The prompt with every slot replaced; braces inside the values stay as they are."""
        return _SLOT.sub(lambda match: values[match.group(1)], self.template)


def load_prompt(name: str, slots: frozenset[str]) -> Prompt:
    """Read `prompts/NAME.md`.

    Raises:
        PromptError: the file is missing, or its slots are not exactly the ones expected.
    """
    try:
        text = files("prompts").joinpath(f"{name}.md").read_text("utf-8")
    except (OSError, ModuleNotFoundError, UnicodeDecodeError) as error:
        raise PromptError(f"there is no prompt file prompts/{name}.md: {error}") from error
    slots_there = set(_SLOT.findall(text))
    if slots_there != slots:
        raise PromptError(
            f"prompts/{name}.md must have the slots {sorted(slots)}; missing {sorted(slots - slots_there)}, "
            f"unknown {sorted(slots_there - slots)}"
        )
    return Prompt(name, text.rstrip("\n"), hashlib.sha256(text.encode()).hexdigest())

"""The prompt of the trained reader, in tokens: part by part, as it was in training.

Owns: `prompts/answers.md`, its form, and where long texts are cut. Training and reading both come here. Knows no networks.
"""

import re
from collections.abc import Mapping
from typing import Any

from rag.core.errors import PromptError
from rag.core.prompting import Prompt, load_prompt

_WORDS = {"question": 50, "title": 30, "sentence": 110}
"""What is longer is cut."""
_MOST_CHARACTERS, _MOST_TOKENS = 40, 3
"""A word, in the mean: strangers' words can be of any length. English text has fewer than two tokens a word."""
_FORM = re.compile(
    r"(?P<question>[^{}]*\{question\})(?P<title>\n[^{}]*\{title\})(?P<sentence>\n[^{}]*\{sentence\})(?P<close>\n[^{}]+)"
)


class AnswerPrompt:
    """The prompt for one tokenizer. Its parts begin with a new line each, where no token reaches across: the tokens of the parts, one
    after the other, are those of the whole."""

    def __init__(self, tokenizer: Any) -> None:
        """Raises:
        PromptError: `prompts/answers.md` is missing, or has not its slots in their order, each at the end of a line.
        """
        self.prompt: Prompt = load_prompt("answers", frozenset(_WORDS))
        form = _FORM.fullmatch(self.prompt.template)
        if form is None:
            raise PromptError(
                "prompts/answers.md must have {question}, {title} and {sentence} at the ends of lines, in this order, then a last line"
            )
        self._form: Mapping[str, str] = form.groupdict()
        self._tokenizer = tokenizer
        self.close = self._ids(self._form["close"])

    def part(self, name: str, text: str) -> list[int]:
        """The tokens of the part with the question, title or sentence; the text cut to what training saw."""
        words = _WORDS[name]
        short = " ".join(text.split()[:words])[: words * _MOST_CHARACTERS]
        return self._ids(self._form[name].replace(f"{{{name}}}", short))[: words * _MOST_TOKENS]

    def whole(self, question: str, title: str, sentence: str) -> list[int]:
        """The tokens of the whole prompt."""
        parts = {"question": question, "title": title, "sentence": sentence}
        return [*(token for name, text in parts.items() for token in self.part(name, text)), *self.close]

    def _ids(self, text: str) -> list[int]:
        # Control tokens in titles, sentences and questions are read as plain text, so nobody can end the prompt early.
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])

"""Reading a question set for a command: what was skipped in it is said on the standard error stream, in one line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.cases.question_set import QuestionSet


def read_set(path: Path) -> "QuestionSet":
    """The set; a line on the standard error stream names what of it could not be read.

    Raises:
        EvalError: no question of it can be read.
    """
    from evals.cases.question_set import load_set

    questions = load_set(path)
    if questions.warning:
        print(questions.warning, file=sys.stderr)
    return questions

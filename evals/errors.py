"""The error that the evals raise on purpose. The command line shows it in one line, like every `CitewiseError`."""

from rag.core.errors import CitewiseError


class EvalError(CitewiseError):
    """A question set, a pairs file, a run file or a report is wrong, missing, or in the way."""

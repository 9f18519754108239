"""The errors: the tree in the module's docstring is the tree of the classes."""

import inspect
import re

from rag.core import errors


def _in_docstring() -> dict[str, str]:
    """Per class the name of its base, by how far it is indented."""
    branch: list[str] = []
    bases: dict[str, str] = {}
    for indent, name in re.findall(r"^( {4}[ │├└─]*)(\w+)(?: {2,}.+)?$", errors.__doc__ or "", re.MULTILINE):
        depth = (len(indent) - 4) // 4
        del branch[depth:]
        bases[name] = branch[-1] if branch else "Exception"
        branch.append(name)
    return bases


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    classes = [value for _, value in inspect.getmembers(errors, inspect.isclass) if value.__module__ == errors.__name__]
    assert _in_docstring() == {cls.__name__: cls.__base__.__name__ for cls in classes}


def test_every_error_says_what_it_is() -> None:
    for name, cls in inspect.getmembers(errors, inspect.isclass):
        assert (inspect.getdoc(cls) or "").endswith("."), name

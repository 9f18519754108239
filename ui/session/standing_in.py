"""An empty library in the temporary folder, for a window over a folder that has none yet: papers can be added there.

Nothing is made in the folder itself until the first papers go in, so that a mistyped name leaves nothing behind.
"""

from functools import cache
from pathlib import Path

from rag.core.settings import Settings
from rag.library import private
from rag.library.store import Library


def over_nothing(settings: Settings) -> Settings:
    """The settings with an empty library in the place of the missing one.

    Raises:
        OSError: the temporary folder cannot be written.
    """
    return settings.model_copy(update={"library": _empty()})


@cache
def _empty() -> Path:
    folder = private.new_folder()
    folder.mkdir(mode=0o700)
    Library.up_to_date(folder).close()
    return folder

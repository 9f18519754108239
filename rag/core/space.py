"""What a Hugging Face Space says of itself in the environment, and where a process keeps what it may lose.

Owns: those variables, and the folder for temporary files. Imports nothing that reads the environment when it is imported, so that it
can come first. Knows nothing of libraries or models.
"""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

_NO_TELEMETRY = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
_TRUE = ("1", "t", "true")


def is_space() -> bool:
    """Whether this runs as a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID")) or os.environ.get("SYSTEM") == "spaces"


def lends_a_gpu() -> bool:
    """Whether there is a GPU for the length of a call only (ZeroGPU): what torch says of CUDA holds inside such calls alone."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in _TRUE


@cache
def temporary_folder() -> Path:
    """The folder of this user for what may be lost, the same at the next start. It is made where it is missing.

    Raises:
        OSError: none can be made.
    """
    own = str(os.getuid()) if hasattr(os, "getuid") else "own"
    folder = Path(tempfile.gettempdir()) / f"citewise-{own}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()):
            raise PermissionError(f"{folder} is somebody else's")
    except OSError:  # whoever made a folder of this name must not choose what is read
        return Path(tempfile.mkdtemp(prefix="citewise-"))
    return folder


def keep_to_temporary_folders() -> None:
    """Let this process write nowhere else, and send no telemetry. Call it before gradio, huggingface_hub and torch are imported: they
    read the environment then. What is set already stays."""
    for name, value in _NO_TELEMETRY.items():
        os.environ.setdefault(name, value)
    folder = temporary_folder()
    sys.dont_write_bytecode = True  # another folder for it would hide what was compiled when the environment was made
    os.environ.setdefault("CITEWISE_CACHE", str(folder / "cache"))
    _keep_the_hubs_files(folder / "huggingface")


def _keep_the_hubs_files(other: Path) -> None:
    """Let the hub's files go into another folder where their own cannot be written, and on a Space, unless they were given one."""
    if {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} & os.environ.keys():
        return
    named = os.environ.get("HF_HOME")
    home = Path(named or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")).expanduser()
    if not _writable(home) or (is_space() and not named):
        os.environ["HF_HOME"] = str(_beside(home, other))


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which need not be there yet."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return os.access(there, os.W_OK)


def _beside(home: Path, other: Path) -> Path:
    """Another folder for the hub's files, in which those of a home that cannot be written are seen too."""
    (other / "hub").mkdir(parents=True, exist_ok=True)
    for there in (home / "hub").glob("*--*") if (home / "hub").is_dir() else ():
        link = other / "hub" / there.name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(there.absolute(), target_is_directory=True)
    return other

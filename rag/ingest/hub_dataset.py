"""A dataset repository of the Hugging Face hub -> its files on this machine.

Owns: how such a repository is named, and the words where it cannot be had. Knows nothing of formats or libraries. huggingface_hub is
imported inside the functions, so that importing this module is light.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rag.core.environment import proxy_variable
from rag.core.errors import SourceError

_NAMED = re.compile(
    r"""(?: hf:// | https?://huggingface\.co/ )? (?: datasets/ )?
    (?P<repository> [A-Za-z0-9][\w.-]{0,95} / [A-Za-z0-9][\w.-]{0,95} )
    (?: @ (?P<revision> [^\s/@]{1,200} ) )?
    (?: / (?: (?: tree | blob | resolve ) / (?P<shown> [^\s/]{1,200} ) /? )? (?P<path> [^\s?#]* ) )?""",
    re.VERBOSE,
)
_NO_RECORDS = "parquet arrow safetensors bin pt onnx gguf npy npz png jpg jpeg gif webp svg mp3 mp4 wav pdf tar".split()
"""Endings of files that are never papers' records; none of them is downloaded."""
MOST_BYTES = 2 << 30
_ASK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset repository, or a file or folder in it (`path`, else ""). `revision` is a commit, tag or branch; None for the newest."""

    repository: str
    revision: str | None = None
    path: str = ""

    def __str__(self) -> str:
        at = f"@{self.revision}" if self.revision else ""
        return f"{self.repository}{at}{f'/{self.path}' if self.path else ''}"


def dataset_named(text: str) -> Dataset | None:
    """The dataset that `owner/name`, `owner/name@revision/path` or an address of the hub means; None where it can be none.

    In a revision `%2F` stands for a slash.
    """
    match = _NAMED.fullmatch(text.strip())
    if match is None or ".." in text:
        return None
    revision = match["revision"] or match["shown"]
    return Dataset(match["repository"], unquote(revision) if revision else None, (match["path"] or "").strip("/"))


def fetch(dataset: Dataset) -> tuple[Path, str]:
    """The folder or file on this machine that the dataset's path means, and the commit that it is of. Downloaded where it is not there;
    where the hub cannot be reached, as it was downloaded last.

    Raises:
        SourceError: the hub cannot be reached, or has no such dataset, revision or path, or does not let us read it.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    wanted = [dataset.path, f"{dataset.path}/**"] if dataset.path else None
    skipped = None if dataset.path else [f"*.{ending}" for ending in _NO_RECORDS]
    chosen: Any = {
        "repo_type": "dataset",
        "allow_patterns": wanted,
        "ignore_patterns": skipped,
    }
    try:
        _look_at(dataset)
        # By its own name, so that the commit is kept with it for when the hub cannot be asked.
        folder = Path(snapshot_download(dataset.repository, revision=dataset.revision, **chosen))
    except _Unreachable as error:
        try:
            there = snapshot_download(
                dataset.repository,
                revision=dataset.revision,
                local_files_only=True,
                **chosen,
            )
        except (OSError, ValueError):
            raise SourceError(str(error)) from error
        folder = Path(there)
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise SourceError(_not_reached(dataset, error)) from error
    place = folder / dataset.path
    if not place.exists():
        raise SourceError(f"the dataset {dataset.repository} has no file or folder {dataset.path!r}; {_CORRECT}")
    return place, folder.name


_CORRECT = "correct CITEWISE_SPACE_LIBRARY"


class _Unreachable(Exception):
    """The hub does not answer now."""


def _look_at(dataset: Dataset) -> None:
    """Ask the hub for what is meant, which is quick, and whose refusals tell more than those of a download.

    Raises:
        SourceError: there is no such dataset, or none that may be read, or it is too large.
        _Unreachable: the hub does not answer.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )
    from huggingface_hub.errors import HTTPError as NotSent  # type: ignore[attr-defined]  # of the client that the hub uses

    name = dataset.repository
    try:
        about = HfApi().dataset_info(name, revision=dataset.revision, timeout=_ASK_SECONDS, files_metadata=True)
    except GatedRepoError as error:
        raise SourceError(
            f"the dataset {name} asks for its terms to be accepted: accept them on its page, and put a token of that account "
            "into the secret HF_TOKEN of the Space"
        ) from error
    except RevisionNotFoundError as error:
        raise SourceError(f"the dataset {name} has no revision {dataset.revision!r}; {_CORRECT}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise SourceError(
            f"the Hugging Face hub has no dataset {name}, or it is private: {_CORRECT}, or put a token that may read it into the "
            "secret HF_TOKEN of the Space"
        ) from error
    except (HfHubHTTPError, NotSent, OfflineModeIsEnabled, OSError) as error:
        raise _Unreachable(_not_reached(dataset, error)) from error
    inside = [item for item in about.siblings or () if _is_wanted(dataset, item.rfilename)]
    if (total := sum(item.size or 0 for item in inside)) > MOST_BYTES:
        raise SourceError(
            f"the dataset {dataset} has {total / 1e9:,.1f} GB of files, and {MOST_BYTES / 1e9:,.1f} GB are read at most; name the file "
            "or folder with the papers behind it, as in owner/name/papers.ris"
        )


def _is_wanted(dataset: Dataset, file: str) -> bool:
    if dataset.path:
        return file == dataset.path or file.startswith(f"{dataset.path}/")
    return file.rpartition(".")[2].lower() not in _NO_RECORDS


def _not_reached(dataset: Dataset, error: Exception) -> str:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return f"the dataset {dataset} is not on this machine, and HF_HUB_OFFLINE keeps it from being downloaded; unset that"
    proxy = proxy_variable(constants.ENDPOINT)
    by = f" by the proxy that {proxy} names" if proxy else ""
    status = getattr(getattr(error, "response", None), "status_code", None)
    why = f"it answers {status}" if status else "it does not answer"
    return (
        f"the papers of {dataset} cannot be downloaded, as the Hugging Face hub at {constants.ENDPOINT} cannot be reached{by} ({why}); "
        "try again later"
    )

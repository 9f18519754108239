"""Papers from a dataset of the Hugging Face hub: how it is named, and what is said where it cannot be had."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.core.errors import SourceError
from rag.ingest import hub_dataset
from rag.ingest.hub_dataset import Dataset, dataset_named, fetch
from tests.helpers.hubs import COMMIT, Hub, hub_instead

OLDER = "a" * 40
FILES = {
    "papers.ris": b"TY  - JOUR\n",
    "more/a.jsonl": b"{}\n",
    "README.md": b"# papers",
    "image.png": b"png",
    "x.parquet": b"p",
}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one dataset, and a cache of its own."""
    with hub_instead(monkeypatch, tmp_path / "hub") as running:
        running.datasets["owner/papers"] = dict(FILES)
        running.revisions["v1"] = OLDER
        yield running


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("owner/papers", Dataset("owner/papers")),
        ("owner/papers@v1", Dataset("owner/papers", "v1")),
        ("owner/papers@v1/more/a.jsonl", Dataset("owner/papers", "v1", "more/a.jsonl")),
        ("owner/papers/more/", Dataset("owner/papers", None, "more")),
        ("owner/papers@refs%2Fpr%2F1", Dataset("owner/papers", "refs/pr/1")),
        ("datasets/owner/papers", Dataset("owner/papers")),
        ("hf://datasets/owner/papers@v1", Dataset("owner/papers", "v1")),
        ("https://huggingface.co/datasets/owner/papers", Dataset("owner/papers")),
        (
            "https://huggingface.co/datasets/owner/papers/blob/main/papers.ris",
            Dataset("owner/papers", "main", "papers.ris"),
        ),
        ("papers", None),
        ("/data/papers", None),
        ("owner/../papers", None),
        ("https://example.org/owner/papers", None),
        ("", None),
    ],
)
def test_a_dataset_is_named_as_the_hub_names_it(named: str, meant: Dataset | None) -> None:
    assert dataset_named(named) == meant


def test_a_dataset_comes_whole_but_for_what_holds_no_records(served: Hub) -> None:
    folder, commit = fetch(Dataset("owner/papers"))
    assert commit == COMMIT
    assert (folder / "papers.ris").read_bytes() == FILES["papers.ris"]
    assert (folder / "more" / "a.jsonl").exists()
    assert not (folder / "image.png").exists() and not (folder / "x.parquet").exists()


def test_a_path_brings_what_it_names_and_nothing_else(served: Hub) -> None:
    file, _ = fetch(Dataset("owner/papers", None, "papers.ris"))
    assert file.read_bytes() == FILES["papers.ris"]
    assert not (file.parent / "more").exists()
    assert (fetch(Dataset("owner/papers", None, "more"))[0] / "a.jsonl").exists()


def test_a_revision_is_kept_to(served: Hub) -> None:
    assert fetch(Dataset("owner/papers", "v1"))[1] == OLDER


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        (Dataset("owner/none"), "no dataset owner/none, or it is private.*HF_TOKEN"),
        (Dataset("owner/papers", "v9"), "owner/papers has no revision 'v9'"),
        (Dataset("owner/papers", None, "lost.ris"), "owner/papers has no file or folder 'lost.ris'"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(served: Hub, dataset: Dataset, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        fetch(dataset)


def test_terms_that_are_not_accepted_are_told(served: Hub) -> None:
    served.gated.add("owner/papers")
    with pytest.raises(SourceError, match=r"owner/papers asks for its terms to be accepted.*HF_TOKEN"):
        fetch(Dataset("owner/papers"))


def test_a_hub_that_is_down_is_told_and_what_was_downloaded_before_is_used(served: Hub) -> None:
    served.refuses = 503
    with pytest.raises(SourceError, match=r"cannot be reached \(it answers 503\); try again later"):
        fetch(Dataset("owner/papers"))
    served.refuses = 0
    folder, _ = fetch(Dataset("owner/papers"))
    served.refuses = 503
    assert fetch(Dataset("owner/papers")) == (folder, COMMIT)


def test_nobody_listens_where_the_hub_should_be(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(SourceError, match=r"hub at http://127.0.0.1:9 cannot be reached \(it does not answer\)"):
        fetch(Dataset("owner/papers"))


def test_a_dataset_that_is_too_large_is_not_downloaded(served: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_dataset, "MOST_BYTES", 5)
    with pytest.raises(SourceError, match="name the file or folder"):
        fetch(Dataset("owner/papers"))
    assert not any("/resolve/" in path for path in served.asked)

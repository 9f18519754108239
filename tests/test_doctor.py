"""`citewise doctor` and its repair, as a person meets them."""

import json
import shutil
from pathlib import Path

import pytest

from rag import doctor
from rag.core.domain import Finding
from rag.core.settings import Settings
from rag.library.store import database_file
from rag.models.find import ModelFiles, find_model
from tests.helpers.commands import citewise
from tests.helpers.tiny_models import save_causal_model


@pytest.fixture(autouse=True)
def only_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights and devices are looked for elsewhere."""
    monkeypatch.setattr(doctor, "_weights", lambda *_: "there")
    monkeypatch.setattr(doctor, "_embedder", lambda _: "there")
    monkeypatch.setattr(doctor, "_mismatch", lambda _: [])


def _findings(folder: Path, *flags: str) -> tuple[int, dict[str, tuple[bool, str]]]:
    done = citewise("doctor", "--json", "--library", str(folder), *flags)
    return done.code, {item["check"]: (item["ok"], item["detail"]) for item in json.loads(done.out)}


def test_a_sound_library_is_called_sound_and_left_alone(small_library: Path) -> None:
    for flags in ([], ["--repair"]):
        code, found = _findings(small_library, *flags)
        assert code == 0
        assert found["library"][0]
        assert found["vector index"] == (True, "4 vectors of revision 1, sampled ones find themselves")


def test_a_damaged_library_is_told_with_the_way_out_and_repaired_on_request(small_library: Path) -> None:
    file = database_file(small_library)
    file.write_bytes(b"")
    code, found = _findings(small_library)
    assert code == 1
    assert f"citewise doctor --repair --library {small_library}" in found["library"][1]
    assert file.read_bytes() == b"", "it repairs nothing unless asked"

    done = citewise("doctor", "--repair", "--library", str(small_library))
    assert done.code == 1, "something was lost"
    said = " ".join(done.out.split())
    assert "the text of 4 papers was saved in recovered-" in said
    assert "lost: authors, year, venue and links of 4 papers" in said
    assert list(small_library.glob("library.sqlite3.damaged-*"))


def test_damage_inside_the_file_is_found_by_reading_all_of_it(small_library: Path) -> None:
    file = database_file(small_library)
    content = file.read_bytes()
    file.write_bytes(content.replace(b"Bees make honey", b"Bees make\xff\xfe\xfd\xfc\xfb\xfa"))
    found = doctor.examine(Settings.load(library=small_library))
    library = next(item for item in found if item.check == "library")
    assert not library.ok
    assert "doctor --repair" in library.detail


def test_a_repair_that_cannot_be_done_is_a_finding(tmp_path: Path) -> None:
    (finding,) = doctor.repaired(Settings.load(library=tmp_path))
    assert finding == Finding(
        "repair", False, f"there is no library in {tmp_path.absolute()}, so there is nothing to repair"
    )


def test_a_library_of_another_embedder_is_told(
    small_library: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    found = doctor.examine(Settings.load(library=small_library, cache=cache))
    (wrong,) = [item for item in found if not item.ok]
    assert wrong.check == "embedder of the library"
    assert "CITEWISE_EMBEDDER=hash" in wrong.detail


def test_the_embedder_is_told_with_its_prefixes_and_its_pooling(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    plain = next(item for item in doctor.examine(Settings.load(cache=cache)) if item.check == "embedder")
    assert plain.ok
    assert "nothing stands before questions and passages" in plain.detail
    assert "mean of its token vectors, 384 dimensions" in plain.detail
    told = Settings.load(cache=cache, query_prefix="query: ", passage_prefix="passage:\\n")
    prefixed = next(item for item in doctor.examine(told) if item.check == "embedder")
    assert "'query: ' stands before questions and 'passage:\\n' before passages, as the settings say" in prefixed.detail


@pytest.fixture
def other_model(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model that is none of the default ones."""
    other = ModelFiles("other", save_causal_model(tmp_path / "other"), "path", "0" * 64)
    monkeypatch.setattr(doctor, "find_model", lambda name, _: other if name == "other" else find_model(name, cache))
    return other.name


def test_the_reader_is_told_with_how_it_reads_and_what_another_one_loses(cache: Path, other_model: str) -> None:
    assert "weights that were trained to tell which sentence answers (reader.safetensors" in doctor._reader(
        Settings.load(cache=cache)
    )
    other = doctor._reader(Settings.load(cache=cache, reader=other_model))
    assert "how likely the question is" in other
    assert "The trained weights belong to HuggingFaceTB/SmolLM2-135M-Instruct" in other


@pytest.mark.parametrize("name", ["choosing", "roles", "support_trees"])
def test_a_damaged_fitted_model_is_named_with_the_way_out(
    name: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.resources import files

    from rag.core import logistic

    folder = tmp_path / "fitted"
    shutil.copytree(str(files("rag.core").joinpath("fitted")), folder)
    (folder / f"{name}.json").write_text('{"half of', "utf-8")
    monkeypatch.setattr(logistic, "files", lambda _: tmp_path)
    finding = doctor._checked("fitted models", lambda: doctor._fitted(Settings.load(cache=cache)))
    assert not finding.ok
    assert f"fitted/{name}.json" in finding.detail
    assert "Install citewise again" in finding.detail


def test_models_that_the_fitted_ones_do_not_know_are_told_with_what_that_costs(cache: Path, other_model: str) -> None:
    assert doctor._fitted(Settings.load(cache=cache)) == (
        "ranking and answerability, fitted with this embedder and reader"
    )
    told = doctor._fitted(Settings.load(cache=cache, embedder=other_model))
    assert "fitted with the embedder sentence-transformers/all-MiniLM-L6-v2. " in told
    assert "less sure" in told
    assert "the reader HuggingFaceTB" in doctor._fitted(Settings.load(cache=cache, reader=other_model))

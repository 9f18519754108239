"""Adding papers in the window, without a window: what is looked at, what goes in, and for whom."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import rag.wiring
from rag.core.errors import EditRefused, RequestRefused, UploadRefused
from rag.core.settings import Settings
from rag.ingest.formats.record import make_paper
from rag.library.sqlite import writer_lock
from rag.library.store import Library
from tests.conftest import add
from tests.helpers.fakes import HashEmbedder
from ui.session import adding as adding_module
from ui.session import uploads as waiting
from ui.session.adding import Adding
from ui.session.edits import OFF, Edits
from ui.session.jobs import Job, Jobs
from ui.session.uploads import Uploads

ADA, BEN = "ada-" * 6, "ben-" * 6
RIS = "TY  - JOUR\nTI  - {title}\nAB  - {abstract}\nER  - \n"
TEA = "Green tea is steeped at 70 degrees for two minutes, since longer makes it bitter, as our panel of tasters found."
BEES = RIS.format(title="Honey bees", abstract="Bees make honey. They dance.")
ANTS = RIS.format(title="Ants", abstract="Ants follow scent trails. A colony moves 40 grains.")


class Desk:
    """One library's additions with parts of its own, embedded by the hash embedder."""

    def __init__(self, folder: Path) -> None:
        self.changes = 0
        self.uploads, self.jobs = Uploads(), Jobs()
        self.settings = Settings(library=folder / "library", edit="on")
        self.adding = Adding(self.settings, self._changed, self.uploads, self.jobs)

    def _changed(self) -> None:
        self.changes += 1

    def send(self, name: str, text: str | bytes, visitor: str = ADA) -> str:
        """A file that has come; its id."""
        with self.uploads.receive(visitor, name, 1_000_000) as coming:
            coming.write(text if isinstance(text, bytes) else text.encode())
            return coming.finish().id

    def over(self, visitor: str = ADA) -> Job:
        """The visitor's job, once it is over."""
        job = self.adding.job_of(visitor)
        assert job is not None
        over = threading.Event()
        while not job.is_over:
            assert not over.wait(0.005)
        return job

    def look(self, *files: str, text: str = "", visitor: str = ADA) -> Job:
        self.adding.look(visitor, files, text)
        return self.over(visitor)

    def add(self, visitor: str = ADA) -> Job:
        self.adding.add(visitor)
        return self.over(visitor)

    def titles(self) -> list[str]:
        with closing(Library.open(self.settings.library)) as library:
            return [paper.title for paper in library.papers()]


class Weights:
    """What stands for the files of a model."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(waiting.private, "new_folder", lambda: tmp_path / "uploads")
    monkeypatch.setattr(rag.wiring, "find_model", lambda *_: Weights())
    monkeypatch.setattr("rag.models.prefixes.recipe_of", lambda *_: None)
    monkeypatch.setattr("rag.models.embedder.identity_of", lambda *_: HashEmbedder().identity)
    monkeypatch.setattr(rag.wiring, "open_embedder", lambda *_: HashEmbedder())
    made = Desk(tmp_path)
    yield made
    if made.uploads._timer:
        made.uploads._timer.cancel()


def test_files_are_looked_at_and_then_go_in_under_their_own_names(desk: Desk, tmp_path: Path) -> None:
    looked = desk.look(desk.send("scopus.ris", BEES + ANTS))
    assert looked.state == "done", looked.note
    assert len(looked.result.added) == 2
    assert not desk.settings.library.exists(), "nothing is written before it is asked for"
    added = desk.add()
    assert added.state == "done", added.note
    assert desk.titles() == ["Honey bees", "Ants"] and desk.changes
    with closing(Library.open(desk.settings.library)) as library:
        assert [row[0] for row in library._database.rows("SELECT name FROM sources")] == ["scopus.ris"]
    assert list((tmp_path / "uploads").iterdir()) == [], "what was used is removed"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "is a picture"),
        ("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\n" + b"x" * 50, "PDF"),
        ("empty.ris", b"", "empty"),
        ("cut.zip", b"PK\x03\x04" + b"\0" * 40, "zip"),
        ("latin.txt", "Größe Übung\n".encode("latin-1") * 20, "UTF-8"),
        ("notes.txt", b"just a few words\n", "in no format"),
    ],
)
def test_a_wrong_file_is_named_with_the_reason_and_the_others_still_go_in(
    name: str, data: bytes, said: str, desk: Desk
) -> None:
    looked = desk.look(desk.send(name, data), desk.send("good.ris", BEES))
    assert looked.state == "done", looked.note
    problems = {str(count.file): count.problem for count in looked.result.files}
    assert said in problems[name] and name in problems[name] and problems["good.ris"] == ""
    assert "/uploads/" not in str(problems), "where a file lies on the server is nobody's business"
    assert len(looked.result.added) == 1


def test_a_document_of_an_office_program_costs_itself_alone(desk: Desk, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("[Content_Types].xml", "<w/>")
    looked = desk.look(desk.send("thesis.docx", (tmp_path / "x").read_bytes()), desk.send("good.ris", BEES))
    problems = [count.problem for count in looked.result.files]
    assert "thesis.docx is" in problems[0] and len(looked.result.added) == 1


def test_two_files_of_one_name_stay_two(desk: Desk) -> None:
    looked = desk.look(desk.send("export.ris", BEES), desk.send("export.ris", ANTS))
    assert [str(count.file) for count in looked.result.files] == ["export.ris", "export (2).ris"]


def test_a_file_can_be_left_out_after_all(desk: Desk) -> None:
    bees, ants = desk.send("bees.ris", BEES), desk.send("ants.ris", ANTS)
    desk.look(bees, ants)
    desk.adding.without(ADA, bees)
    desk.over()
    desk.add()
    assert desk.titles() == ["Ants"]


def test_pasted_records_are_records(desk: Desk) -> None:
    looked = desk.look(text=BEES)
    assert len(looked.result.added) == 1 and looked.subject.pasted.names == []
    assert str(looked.result.files[0].file).startswith("Pasted ")
    desk.add()
    assert desk.titles() == ["Honey bees"]


def test_pasted_identifiers_and_titles_are_no_records_and_are_looked_up(desk: Desk, tmp_path: Path) -> None:
    add(desk.settings.library, [make_paper(id="a", title="Ants on the Move", abstract="Ants.", doi="10.1000/ants")])
    looked = desk.look(text="10.1000/ants\nAnts on the move\nhttps://doi.org/10.1000/bees\nHoney Bees of the Alps")
    names = [(name.kind, paper and paper.id) for name, paper in looked.subject.pasted.names]
    assert names == [("DOI", "a"), ("title", "a"), ("DOI", None), ("title", None)]
    assert looked.result is None and list((tmp_path / "uploads").iterdir()) == []
    with pytest.raises(RequestRefused):
        desk.adding.report(ADA, "json")


def test_a_mixed_paste_is_taken_apart(desk: Desk) -> None:
    looked = desk.look(text=f"10.1000/other\n\n{BEES}\nHoney Bees of the Alps\n")
    assert len(looked.result.added) == 1
    assert [name.text for name, _ in looked.subject.pasted.names] == ["10.1000/other", "Honey Bees of the Alps"]


def test_mere_text_is_told_as_such(desk: Desk) -> None:
    long = "This is running text, of which nobody can say what of it is a title and what of it is an abstract, really."
    assert desk.look(text=long).subject.pasted.is_text


def test_what_is_not_there_cannot_be_looked_at_or_added(desk: Desk) -> None:
    theirs = desk.send("bees.ris", BEES, BEN)
    with pytest.raises(UploadRefused, match="no longer on the server"):
        desk.adding.look(ADA, [theirs], "")
    with pytest.raises(RequestRefused, match="choose a file, or paste"):
        desk.adding.look(ADA, [], "  ")
    with pytest.raises(EditRefused, match="nothing waits"):
        desk.adding.add(ADA)
    with pytest.raises(RequestRefused, match="at most 1,000,000"):
        desk.adding.look(ADA, [], "x" * 1_000_001)


def test_one_visitor_sees_nothing_of_another(desk: Desk) -> None:
    desk.look(desk.send("bees.ris", BEES))
    assert desk.adding.job_of(BEN) is None
    with pytest.raises(EditRefused):
        desk.adding.report(BEN, "json")


class Gate:
    """Holds the embedder until it is opened."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        embedder, embed = HashEmbedder(), HashEmbedder.embed_passages

        def held(*arguments: Any) -> Any:
            self.reached.set()
            assert self.open.wait(20)
            return embed(embedder, *arguments)

        embedder.embed_passages = held  # type: ignore[method-assign]
        monkeypatch.setattr(rag.wiring, "open_embedder", lambda *_: embedder)


def test_an_upload_while_another_runs_waits_and_begins_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(desk, monkeypatch)
    desk.look(desk.send("bees.ris", BEES))
    desk.adding.add(ADA)
    assert gate.reached.wait(20)
    desk.adding.look(BEN, [desk.send("ants.ris", ANTS, BEN)], "")
    job = desk.adding.job_of(BEN)
    assert job is not None and job.state == "waiting"
    assert desk.adding.before(job) == [desk.adding.job_of(ADA)]
    with pytest.raises(EditRefused, match="perhaps in another tab"):
        desk.adding.look(ADA, [desk.send("more.ris", ANTS)], "")
    gate.open.set()
    assert desk.over().state == "done"
    assert len(desk.over(BEN).result.added) == 1


def test_one_that_waits_can_be_called_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(desk, monkeypatch)
    desk.look(desk.send("bees.ris", BEES))
    desk.adding.add(ADA)
    assert gate.reached.wait(20)
    desk.adding.look(BEN, [desk.send("ants.ris", ANTS, BEN)], "")
    desk.adding.stop(BEN)
    assert desk.over(BEN).state == "stopped"
    gate.open.set()
    desk.over()


def test_what_is_stopped_keeps_what_is_in_and_goes_on_when_it_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding_module, "AT_ONCE", 1)
    gate = Gate(desk, monkeypatch)
    desk.look(desk.send("both.ris", BEES + ANTS))
    desk.adding.add(ADA)
    assert gate.reached.wait(20)
    desk.adding.stop(ADA)
    gate.open.set()
    job = desk.over()
    assert (job.state, job.done, job.total) == ("stopped", 1, 2)
    assert desk.titles() == ["Honey bees"] and desk.changes
    assert desk.add().state == "done"
    assert desk.titles() == ["Honey bees", "Ants"]


def test_another_process_that_writes_is_named_and_nothing_is_lost(desk: Desk) -> None:
    desk.look(desk.send("bees.ris", BEES))
    desk.settings.library.mkdir()
    with writer_lock(desk.settings.library):
        job = desk.add()
    assert job.state == "failed" and "is being written by process" in job.note
    assert desk.add().state == "done"


def test_what_runs_is_dropped_with_its_files(desk: Desk, tmp_path: Path) -> None:
    desk.look(desk.send("bees.ris", BEES))
    desk.adding.drop(ADA)
    assert desk.adding.job_of(ADA) is None and list((tmp_path / "uploads").iterdir()) == []


def test_the_report_can_be_taken_along(desk: Desk) -> None:
    desk.look(desk.send("bees.ris", BEES + RIS.format(title="", abstract="")))
    for form, begins in (("json", "{"), ("csv", "\ufefffile,line"), ("markdown", "# What")):
        file = desk.adding.report(ADA, form)
        assert file["text"].startswith(begins) and "bees.ris" in file["text"]
    with pytest.raises(RequestRefused, match="no report as 'pdf'"):
        desk.adding.report(ADA, "pdf")


def test_the_library_may_change_between_looking_and_adding(desk: Desk) -> None:
    assert len(desk.look(desk.send("tea.ris", RIS.format(title="Green tea", abstract=TEA))).result.added) == 1
    add(desk.settings.library, [make_paper(id="x", title="Green tea", abstract=TEA)])
    assert len(desk.add().result.added) == 0 and desk.titles() == ["Green tea"]


def test_only_so_many_jobs_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(desk, monkeypatch)
    desk.look(desk.send("bees.ris", BEES))
    desk.adding.add(ADA)
    assert gate.reached.wait(20)
    monkeypatch.setattr("ui.session.jobs.MOST_WAITING", 0)
    with pytest.raises(EditRefused, match="too many others wait"):
        desk.adding.look(BEN, [desk.send("ants.ris", ANTS, BEN)], "")
    gate.open.set()
    desk.over()


# --- as the page asks for it -------------------------------------------------------------------------------------------


class NoLoader:
    revision = "1"

    def catch_up(self) -> None:
        pass


@pytest.mark.parametrize("settings", [{"edit": "off"}, {"edit": "auto"}])
def test_where_it_is_switched_off_every_step_is_refused(settings: dict[str, Any], tmp_path: Path) -> None:
    edits = Edits(NoLoader(), Settings(library=tmp_path, **settings))  # type: ignore[arg-type]
    for do in ("state", "look", "add", "stop", "drop", "report", "without"):
        with pytest.raises(EditRefused) as refused:
            edits.adding({"visitor": ADA, "do": do})
        assert str(refused.value) == OFF
    for do in ("plan", "remove", "undo"):
        with pytest.raises(EditRefused):
            edits.removing({"do": do, "ids": ["a"], "undo": "x"})


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"visitor": ADA},
        {"visitor": ADA, "do": "burn"},
        {"visitor": ADA, "do": "look", "files": "x"},
        {"visitor": ADA, "do": "look", "files": [1]},
        {"visitor": ADA, "do": "look", "files": [["x"]]},
        {"visitor": 5, "do": "state"},
        {"visitor": "../..", "do": "state"},
    ],
)
def test_whatever_else_a_page_sends_is_refused_in_words(sent: dict[str, Any], tmp_path: Path) -> None:
    edits = Edits(NoLoader(), Settings(library=tmp_path, edit="on"))  # type: ignore[arg-type]
    with pytest.raises(RequestRefused):
        edits.adding(sent)


@pytest.mark.parametrize("ids", [None, [], "x", [1], [None], ["x" * 3_000]])
def test_ids_to_remove_are_texts(ids: Any, tmp_path: Path) -> None:
    edits = Edits(NoLoader(), Settings(library=tmp_path, edit="on"))  # type: ignore[arg-type]
    with pytest.raises(RequestRefused):
        edits.removing({"do": "remove", "ids": ids})

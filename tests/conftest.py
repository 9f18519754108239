"""What all tests share: no network but loopback, clean settings, and the seed library made once by the real models."""

import gc
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache as remembered
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Read once at import by the libraries concerned, so they are set before any of them is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
BIG_DATA = os.environ.pop("CITEWISE_DATA", None)
CACHE = os.environ.pop("CITEWISE_CACHE", None)
for variable in [name for name in os.environ if name.startswith("CITEWISE_")]:
    del os.environ[variable]
# Nothing leaves this machine, and every command would look through each of these files for a tenth of a second.
for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(variable, None)

import pytest  # noqa: E402

from rag.answer.assistant import Assistant  # noqa: E402
from rag.core.domain import Answer, Paper  # noqa: E402
from rag.core.settings import DEFAULT_EMBEDDER, DEFAULT_READER, Settings  # noqa: E402
from rag.ingest.formats.record import make_paper  # noqa: E402
from rag.ingest.pipeline import IngestReport, plan, store  # noqa: E402
from rag.library.publishing import publish  # noqa: E402
from rag.library.store import Library  # noqa: E402
from rag.models.find import choose_device, find_model  # noqa: E402
from rag.wiring import ingest_files, open_assistant  # noqa: E402
from rag.wiring_writers import open_checker  # noqa: E402
from tests.helpers.fakes import HashEmbedder  # noqa: E402
from tests.helpers.windows import address, library_folder, scripted, visit  # noqa: E402, F401

if TYPE_CHECKING:
    from rag.checking.checker import Checker
    from rag.models.embedder import TransformerEmbedder
    from rag.models.query_likelihood import LikelihoodReader

gc.disable()  # until all tests are collected: what is imported and collected stays to the end
ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds" / "000_3710b9dbbfae9cef.txt"


def pytest_collection_finish() -> None:
    """From here on garbage is collected, but not looked for in what is there by now, which takes seconds of every run."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to anything but this machine fail at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, peer: Any) -> None:
        host = peer[0] if isinstance(peer, tuple) else "local socket"
        if isinstance(peer, tuple) and host not in ("127.0.0.1", "::1", "localhost", "0.0.0.0"):
            raise OSError(f"a test tried to reach {host}")
        connect(self, peer)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def big_data() -> Path:
    """The folder of benchmark data; tests that need it are skipped where CITEWISE_DATA does not name it."""
    if not BIG_DATA or not Path(BIG_DATA).is_dir():
        pytest.skip("CITEWISE_DATA names no folder of benchmark data")
    return Path(BIG_DATA)


@pytest.fixture(scope="session")
def cache() -> Path:
    """The user's own cache of converted weights: converting them for every run would take 20 s."""
    return Path(CACHE) if CACHE else Settings.load().cache


@pytest.fixture(scope="session")
def embedder(cache: Path) -> "TransformerEmbedder":
    """The real embedder, on the CPU."""
    from rag.models.embedder import TransformerEmbedder

    return TransformerEmbedder(find_model(DEFAULT_EMBEDDER, cache), choose_device("cpu"))


@pytest.fixture(scope="session")
def reader(cache: Path) -> "LikelihoodReader":
    """The real model that tells how likely a question is, on the CPU."""
    from rag.models.query_likelihood import LikelihoodReader

    return LikelihoodReader(find_model(DEFAULT_READER, cache), choose_device("cpu"))


@pytest.fixture(scope="session")
def checker(embedder: "TransformerEmbedder") -> "Checker":
    """The real checker with its fitted weights."""
    return open_checker(Settings(), embedder)


@pytest.fixture(scope="session")
def seed_settings(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Settings:
    """Settings whose library holds the seed papers, embedded by the real model."""
    settings = Settings.load(library=tmp_path_factory.mktemp("seeds") / "library", cache=cache)
    report = ingest_files(settings, [SEEDS])
    assert len(report.added) == 59
    return settings


@pytest.fixture(scope="session")
def assistant(seed_settings: Settings) -> Iterator[Assistant]:
    """The real assistant over the seed library. A test that needs another writer or other settings builds its own
    around it (`tests.helpers.assistants`)."""
    opened = open_assistant(seed_settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def asked(assistant: Assistant) -> Callable[[str], Answer]:
    """The real assistant's answer to a question without a history. Reading takes seconds, so each question is asked once."""
    return remembered(assistant.ask)


@pytest.fixture(scope="session")
def seed_library(seed_settings: Settings) -> Path:
    """The folder of the library of the seed papers."""
    return seed_settings.library


@pytest.fixture(scope="session")
def seed_papers(seed_library: Path) -> list[Paper]:
    """The papers as the library keeps them."""
    library = Library.open(seed_library)
    try:
        return library.papers()
    finally:
        library.close()


def add(folder: Path, papers: list[Paper], embedder: HashEmbedder | None = None) -> IngestReport:
    """Put papers into a library with the hash embedder, vector index included."""
    embedder = embedder or HashEmbedder()
    with Library.open_for_writing(folder, embedder.identity) as library:
        work = plan(library, papers, ())
        store(library, work, lambda: embedder)
        publish(library)
    return work.report


FEW_PAPERS = (
    make_paper(id="bees", title="Honey bees", abstract="Bees make honey. They dance to tell where flowers are."),
    make_paper(id="ants", title="Ants", abstract="Ants follow scent trails. A colony moves 40 grains an hour."),
    make_paper(id="tea", title="Green tea", abstract="Green tea is steeped at 70 degrees. Longer is bitter."),
    make_paper(id="rust", title="Rust", abstract="Iron rusts in water. Zinc protects the steel of ships."),
)


@pytest.fixture
def few_papers() -> list[Paper]:
    """Four papers of their own words."""
    return list(FEW_PAPERS)


@pytest.fixture(scope="session")
def kept_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the four papers, to be copied and left as it is."""
    folder = tmp_path_factory.mktemp("few") / "library"
    add(folder, list(FEW_PAPERS))
    return folder


@pytest.fixture
def small_library(tmp_path: Path, kept_library: Path) -> Path:
    """A library of the four papers, of the test's own."""
    return Path(shutil.copytree(kept_library, tmp_path / "library"))


@pytest.fixture
def unprivileged() -> Callable[[], Any]:
    """A context in which file permissions bind also where the tests run as root.

    The real user changes too, because `os.access` asks for that one; the saved one stays, which leads back.
    """

    @contextmanager
    def lowered() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.setresuid(65534, 65534, 0)
        try:
            yield
        finally:
            os.setresuid(0, 0, 0)

    return lowered

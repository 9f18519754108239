"""What is installed, which weights and device would run, whether the library and its index are sound; and its repair, on request."""

import platform
import shlex
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from rag import __version__
from rag.core.domain import Finding
from rag.core.errors import CitewiseError, EmbedderMismatch, LibraryDamaged, ModelUnsupported, WriterFailed
from rag.core.escaping import counted
from rag.core.settings import DEFAULT_WRITER, Settings
from rag.models.find import choose_device, find_model

_PACKAGES = ("torch", "transformers", "llama-index-core", "llama-index-vector-stores-chroma", "chromadb", "gradio")


def examine(settings: Settings) -> list[Finding]:
    """All checks; one that fails does not stop the others."""
    return [
        Finding("citewise", True, f"{__version__}, Python {platform.python_version()}, {platform.platform()}"),
        *_packages(),
        _checked("device", lambda: _device(settings)),
        _checked("embedder", lambda: _embedder(settings)),
        _checked("reader", lambda: _reader(settings)),
        _checked("fitted models", lambda: _fitted(settings)),
        _checked("writer", lambda: _writer(settings)),
        _checked("library", lambda: _library(settings)),
        *_mismatch(settings),
        _checked("vector index", lambda: _index(settings)),
    ]


def repaired(settings: Settings, progress: Callable[[str, int, int], None] | None = None) -> list[Finding]:
    """Repair the library, as far as it can be done, and make the token vectors that it lacks; what was lost is a finding that is not
    ok. `progress` gets stages."""
    from rag.library.chroma_server import server_of
    from rag.library.repair import repair

    try:
        repair_ = repair(settings.library, datetime.now(), server_of(settings))
    except CitewiseError as error:
        return [Finding("repair", False, str(error))]
    done = [Finding("repair", True, text) for text in repair_.done]
    return done + [Finding("lost", False, text) for text in repair_.lost] + _filled(settings, progress)


def _filled(settings: Settings, progress: Callable[[str, int, int], None] | None) -> list[Finding]:
    """Make the token vectors that are missing; nothing where none are, or there is no library any more."""
    from rag.library.store import Library
    from rag.models.embedder import TransformerEmbedder
    from rag.models.prefixes import recipe_of

    try:
        library = Library.open(settings.library)
        lacking = library.without_tokens()
        library.close()
    except CitewiseError:
        return []
    if not lacking:
        return []
    try:
        files = find_model(settings.embedder, settings.cache)
        recipe = recipe_of(files, settings.query_prefix, settings.passage_prefix)
        embedder = TransformerEmbedder(files, choose_device(settings.device), recipe)
        with Library.open_for_writing(settings.library, embedder.identity) as writing:
            made = writing.fill_tokens(embedder, partial(progress, "token vectors") if progress else None)
    except CitewiseError as error:
        return [Finding("repair", False, f"the token vectors of {counted(lacking, 'paper')} were not made: {error}")]
    return [Finding("repair", True, f"the token vectors of {counted(made, 'paper')} were made")]


def _checked(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except CitewiseError as error:
        return Finding(name, False, str(error))


def _packages() -> Iterator[Finding]:
    for name in _PACKAGES:
        try:
            yield Finding(name, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, "not installed; run make again, or: pip install -e .")


def _device(settings: Settings) -> str:
    device = choose_device(settings.device)
    return f"{device.name}, {str(device.dtype).removeprefix('torch.')}"


def _weights(name: str, settings: Settings) -> str:
    files = find_model(name, settings.cache)
    return f"{name} from the {files.source}, sha256 {files.sha256[:12]}…, in {files.folder}"


def _reader(settings: Settings) -> str:
    """Where its weights are, and how it reads; what is lost where they are not those that were trained."""
    from rag.models.adapter import check_tensors, load_record
    from rag.models.readers import ADAPTER, CROSS_ENCODER, TRAINED, kind_of

    kind = kind_of(find_model(settings.reader, settings.cache))
    record = load_record(ADAPTER)
    where = f"{_weights(settings.reader, settings)}; it reads {kind.description}"
    if kind is TRAINED:
        check_tensors(record)
        return f"{where} ({ADAPTER}.safetensors, sha256 {record.sha256[:12]}…)"
    known = "" if kind is CROSS_ENCODER else ", which finds the right sentence less often"
    return (
        f"{where}{known}. The trained weights belong to {record.base} with the sha256 {record.base_sha256[:12]}… alone; to have "
        "them, leave CITEWISE_READER away and install its wheel"
    )


def _fitted(settings: Settings) -> str:
    """Whether all fitted models can be read; whether ranking and answerability were fitted with these models, and what it costs where
    they were not."""
    from rag.checking.support import load_support
    from rag.core.logistic import load_logistic, load_stored, load_weights
    from rag.evidence.roles import load_roles
    from rag.models.find import WHEELS
    from rag.models.readers import TRAINED, kind_of

    kind = kind_of(find_model(settings.reader, settings.cache))
    for name in (kind.answerability, "choosing", "listing", "follow_ups"):
        load_logistic(name)
    load_weights(kind.ranking)
    load_roles()
    load_support()
    fitted_on = load_stored(kind.answerability).get("fitted_on", {})
    embedder = find_model(settings.embedder, settings.cache)
    others = []
    wheel = WHEELS.get(fitted_on.get("embedder", ""))
    if fitted_on.get("embedder") != settings.embedder and (wheel is None or wheel.sha256 != embedder.sha256):
        others.append(f"the embedder {fitted_on.get('embedder')}")
    if kind is not TRAINED and fitted_on.get("reader") != settings.reader:
        others.append(f"the reader {fitted_on.get('reader')}")
    if not others:
        return f"{kind.ranking} and {kind.answerability}, fitted with this embedder and reader"
    return (
        f"{kind.ranking} and {kind.answerability} were fitted with {' and '.join(others)}. Papers and sentences are still ranked; "
        "“answered” and “not found” are less sure until they are fitted anew (docs/evals.md)"
    )


def _embedder(settings: Settings) -> str:
    """Where its weights are, and how it is used."""
    from rag.models.embedder import identity_of
    from rag.models.prefixes import brings_code, recipe_of

    files = find_model(settings.embedder, settings.cache)
    if brings_code(files):
        raise ModelUnsupported(
            f"{files.name} computes with code of its own folder, which citewise never runs; choose another embedder "
            "(docs/answers.md has a table)"
        )
    recipe = recipe_of(files, settings.query_prefix, settings.passage_prefix)
    identity = identity_of(files, recipe)
    where = (
        f", {recipe.origin}"
        if recipe.origin
        else "; this model is of no family that citewise knows, see its model card"
    )
    before = (
        f"{recipe.query!r} stands before questions and {recipe.passage!r} before passages"
        if recipe.query or recipe.passage
        else "nothing stands before questions and passages"
    )
    how = {
        "mean": "the mean of its token vectors",
        "cls": "the vector of its first token",
        "last": "that of its last token",
    }
    return (
        f"{_weights(settings.embedder, settings)}; {before}{where}; a text becomes {how[recipe.pooling]}, "
        f"{identity.dimension} dimensions"
    )


def _writer(settings: Settings) -> str:
    """What would write: the server's answer, or where the weights are; nothing is loaded."""
    if settings.writer == "none" or settings.mode == "quote":
        return "none: answers are quoted, as the settings say"
    if settings.writer_url:
        return _server(settings, settings.writer_url)
    if settings.writer == "auto" and choose_device(settings.device).name != "cuda":
        return "none: answers are quoted. To have them written, name a server by CITEWISE_WRITER_URL, or a model by CITEWISE_WRITER"
    return _weights(DEFAULT_WRITER if settings.writer == "auto" else settings.writer, settings)


def _server(settings: Settings, url: str) -> str:
    """The models of the server that writes, which of them writes, and why."""
    from rag.models.remote_writer import RemoteWriter
    from rag.models.server_models import in_order, is_served, listed
    from rag.models.server_words import NO_LIST
    from rag.models.writer import Limits

    key = settings.writer_key.get_secret_value() if settings.writer_key else None
    remote = RemoteWriter(url, settings.writer, key, Limits(settings.writer_seconds))
    named = settings.writer != "auto"
    try:
        served = remote.served()
    except WriterFailed as error:
        if named and str(error) == NO_LIST:
            return f"{remote.place} does not tell its models; {settings.writer} is asked, as CITEWISE_WRITER says"
        raise WriterFailed(f"{remote.place}: {error}") from error
    finally:
        remote.close()
    names = [model.name + ("" if model.chats else " (does not chat)") for model in served]
    if named and not is_served(settings.writer, served):
        raise WriterFailed(
            f"{remote.place} serves {listed(names, 20) or 'no model'}, not {settings.writer}; set CITEWISE_WRITER to one that it serves"
        )
    if named:
        return f"{remote.place} serves {listed(names, 20)}; {settings.writer} writes, as CITEWISE_WRITER says"
    can = in_order(served)
    if not can:
        raise WriterFailed(
            f"{remote.place} serves {listed(names, 20) or 'no model'}; load one there that can chat, or name one by CITEWISE_WRITER"
        )
    why = "the only one" if len(served) == 1 else "the first of them that can chat"
    return f"{remote.place} serves {listed(names, 20)}; {can[0].name} writes: {why}"


def _library(settings: Settings) -> str:
    """Reads the whole file."""
    from rag.library.sqlite import way_out
    from rag.library.store import Library

    library = Library.open(settings.library)
    try:
        embedder = library.embedder
        made_by = f", embedded by {embedder.name}" if embedder else ""
        problem = library.problem()
        if problem:
            raise LibraryDamaged(f"{settings.library.absolute()}: {problem}; {way_out(settings.library)}")
        lacking = library.without_tokens()
        later = (
            f"; the token vectors of {counted(lacking, 'paper')} are not kept, and made whenever they are first found: to have them "
            f"kept, run: citewise doctor --repair --library {shlex.quote(str(settings.library))}"
            if lacking
            else ""
        )
        return (
            f"{settings.library.absolute()}: {library.count()} papers, {library.count_windows()} passages, "
            f"revision {library.stored_revision}{made_by}{later}"
        )
    finally:
        library.close()


def _mismatch(settings: Settings) -> list[Finding]:
    """That the library was made with another embedder than the one of the settings; nothing where it was not, or where one of the two
    cannot be opened, which another check says."""
    from rag.library.store import Library
    from rag.models.embedder import identity_of
    from rag.models.prefixes import recipe_of

    try:
        files = find_model(settings.embedder, settings.cache)
        identity = identity_of(files, recipe_of(files, settings.query_prefix, settings.passage_prefix))
        library = Library.open(settings.library)
    except CitewiseError:
        return []
    try:
        library.check_embedder(identity)
    except EmbedderMismatch as error:
        return [Finding("embedder of the library", False, str(error))]
    except CitewiseError:
        return []
    finally:
        library.close()
    return []


def _index(settings: Settings) -> str:
    from rag.library import indexes
    from rag.library.chroma_server import server_of
    from rag.library.store import Library

    library = Library.open(settings.library)
    try:
        return indexes.health(library, server_of(settings))
    finally:
        library.close()

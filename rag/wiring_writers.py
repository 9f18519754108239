"""What writes and what checks it, of the settings: a part of the composition root (`rag.wiring`).

Heavy libraries are imported inside the functions, so that importing this module is light.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from rag.core.errors import ModelError, ServerFailed, WriterFailed
from rag.core.settings import DEFAULT_WRITER, Settings
from rag.models.find import choose_device, find_model
from rag.models.server_address import shown

if TYPE_CHECKING:
    from rag.answer.written import Composer
    from rag.checking.checker import Checker
    from rag.models.embedder import Embedder
    from rag.models.remote_writer import RemoteWriter
    from rag.models.writer import Limits, Writer

log = logging.getLogger(__name__)
Report = Callable[[str], None]


def silent(_: str) -> None:
    """Nothing is told."""


def open_composer(settings: Settings, embedder: "Embedder", report: Report = silent) -> "tuple[Composer | None, str]":
    """What writes, and why that is so; None where answers are quoted.

    A writer that cannot be had is no error: answers are quoted then, and the reason is said.

    Raises:
        ModelError: the entailment model cannot be found.
        PromptError: `prompts/write.md` is not as it should be.
    """
    if settings.mode == "quote":
        return None, "the mode is quote"
    try:
        writer = _writer(settings, report)
    except (ModelError, WriterFailed) as error:
        where = f" at {shown(settings.writer_url)}" if settings.writer_url else ""
        log.warning("no writer%s: %s", where, error)
        return None, f"the writer cannot be used: {error}"
    if writer is None:
        return None, (
            "no model that writes is set up here; CITEWISE_WRITER_URL names a server that has one, or CITEWISE_WRITER a model"
            if settings.writer != "none"
            else "the writer is none"
        )
    from rag.answer.written import Composer

    composer = Composer(writer, open_checker(settings, embedder, report))
    if not writer.name:
        return (
            composer,
            "the server that writes cannot be reached yet; it is tried again by itself, and its first model writes then",
        )
    return composer, f"{writer.name} writes, on {'a server' if settings.writer_url else writer.place}"


def _writer(settings: Settings, report: Report) -> "Writer | None":
    """By URL, by name, or the default one where there is CUDA. The reader never writes unless it is named."""
    from rag.models.gpu_writer import GpuWriter, is_lent
    from rag.models.local_writer import LocalWriter

    if settings.writer == "none":
        return None
    if settings.writer_url:
        remote = open_server(settings, settings.writer_url)
        if not remote.name:
            report("Asking the server that writes for its models")
            try:
                remote.choose()
            except ServerFailed as error:
                log.warning("no writer yet at %s: %s", remote.place, error)
                remote.leave_alone(error)
            except WriterFailed:
                remote.close()
                raise
        return remote
    limits = _limits(settings)
    device = choose_device(settings.device)
    name = settings.writer
    if name == "auto":
        if device.name != "cuda" and not is_lent():
            return None
        name = DEFAULT_WRITER
    files = find_model(name, settings.cache, report)
    report("Loading the model that writes")
    if is_lent():
        return GpuWriter(files, limits, settings.space_gpu_seconds)
    device = choose_device(settings.device, bfloat16_on_cpu=True)
    return LocalWriter(files, device, limits, settings.writer_4bit)


def open_server(settings: Settings, url: str) -> "RemoteWriter":
    """The server that writes, which is not asked yet.

    Raises:
        WriterFailed: the address, the key, or a proxy of the environment cannot be used.
    """
    from rag.models.remote_writer import RemoteWriter

    key = settings.writer_key.get_secret_value() if settings.writer_key else None
    model = "" if settings.writer == "auto" else settings.writer
    return RemoteWriter(url, model, key, _limits(settings), settings.at_once)


def _limits(settings: Settings) -> "Limits":
    from rag.models.writer import Limits

    return Limits(
        settings.writer_seconds,
        settings.writer_tokens,
        settings.writer_first_seconds,
        settings.writer_pause_seconds,
        settings.writer_thinking_tokens,
    )


def open_checker(settings: Settings, embedder: "Embedder", report: Report = silent) -> "Checker":
    """The checker with its fitted model, and with an entailment model where one is named in the settings.

    Raises:
        FittedModelError: the fitted model is missing or damaged.
        ModelError: the entailment model cannot be found, or is of another kind.
    """
    from rag.checking.checker import Checker
    from rag.checking.support import load_support

    model = load_support()
    if settings.entailment == "none":
        return Checker(embedder, model)
    report("Loading the model that checks")
    from rag.models.entailment import TransformerEntailment

    files = find_model(settings.entailment, settings.cache, report)
    return Checker(embedder, model, TransformerEntailment(files, choose_device(settings.device)))

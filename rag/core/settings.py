"""All settings, in one frozen record. Read once at the edge (command line, window, evals) and passed down.

Every field is also an environment variable with the prefix `CITEWISE_`; an unknown `CITEWISE_…` variable is refused, so a
typo cannot silently leave a default in force; what a cluster makes for a service called citewise is passed over. Knows nothing of
what the values lead to.
"""

import difflib
import ipaddress
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from rag.core.domain import Mode
from rag.core.environment import is_of_a_service
from rag.core.errors import SettingsError, WrongUsage

PREFIX = "CITEWISE_"
DEFAULT_EMBEDDER = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_READER = "HuggingFaceTB/SmolLM2-135M-Instruct"
DEFAULT_WRITER = "Qwen/Qwen3-4B-Instruct-2507"
_FLAGS_ONLY = {"PORT": "--port", "HOST": "--host"}
"""No settings: a cluster makes CITEWISE_PORT itself for a service called citewise, with another meaning."""
_NO_HOME = Path("~")
_SHOWN = 200  # characters of a wrong value
_NEAR = 0.7  # how alike a mistyped name and a real one are at least, 0 to 1


class Settings(BaseSettings):
    """Where things are, which models run, and how much is read. Build it with `Settings.load`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    library: Path = Field(Path("library"), description="folder of the library")
    cache: Path = Field(default_factory=lambda: _cache(), description="folder for converted weights")
    embedder: str = Field(DEFAULT_EMBEDDER, min_length=1, description="embedding model: hub name or folder")
    query_prefix: str | None = Field(
        None, max_length=1_000, description="put before questions for the embedder, whatever its family needs"
    )
    passage_prefix: str | None = Field(None, max_length=1_000, description="the same before passages of abstracts")
    reader: str = Field(DEFAULT_READER, min_length=1, description="causal LM that reads: hub name, folder or GGUF file")
    device: Literal["auto", "cuda", "mps", "cpu"] = Field("auto", description="auto takes cuda, then mps, then cpu")
    mode: Mode = Field("auto", description="how answers are made; auto writes where a writer is there, else quotes")
    retriever: Literal["hybrid", "dense", "lexical"] = Field("hybrid", description="the single ones are baselines")
    max_question_chars: int = Field(4_000, ge=100, le=100_000, description="longest question accepted, in characters")
    max_quotes: int = Field(4, ge=1, le=20, description="most sentences quoted in one answer")
    reranker: str = Field(
        "late", min_length=1, description="late (interaction), none, or a cross-encoder: hub name or folder"
    )
    read_papers: int = Field(8, ge=1, le=50, description="papers whose sentences are candidates")
    read_sentences: int = Field(
        8, ge=1, le=100, description="candidate sentences that the LLM reads, beside the best one of each paper"
    )
    entailment: str = Field("none", min_length=1, description="none, or an entailment model: hub name or folder")
    writer: str = Field(
        "auto", min_length=1, description="auto, none, or what writes: hub name or folder; the model's name on a server"
    )
    writer_url: str | None = Field(
        None, description="OpenAI-compatible server that writes, such as http://127.0.0.1:8000/v1"
    )
    writer_key: SecretStr | None = Field(None, description="its key")
    writer_seconds: float = Field(60, gt=0, le=3_600, description="longest that one written answer may take")
    writer_first_seconds: float = Field(45, gt=0, le=3_600, description="longest wait for a server's first word")
    writer_pause_seconds: float = Field(20, gt=0, le=3_600, description="longest pause of a server between two words")
    writer_tokens: int = Field(320, ge=16, le=4_096, description="longest written answer, in tokens")
    writer_thinking_tokens: int = Field(
        2_048, ge=0, le=32_768, description="what a model that thinks may think besides, in tokens"
    )
    writer_4bit: bool = Field(False, description="load the local writer in 4 bits (CUDA, needs bitsandbytes)")
    answer_cache: int = Field(
        1_000, ge=0, le=100_000, description="answers kept in memory for the same question again; 0 keeps none"
    )
    answers_at_once: int = Field(
        1, ge=1, le=64, description="answers that are made at the same time where a server writes"
    )
    chroma_url: str | None = Field(
        None,
        description="Chroma server that keeps the vectors, such as http://127.0.0.1:8000; else they are beside the library",
    )
    chroma_token: SecretStr | None = Field(None, description="its token")
    chroma_tenant: str = Field("default_tenant", min_length=1, max_length=200, description="its tenant")
    chroma_database: str = Field("default_database", min_length=1, max_length=200, description="its database")
    chroma_seconds: float = Field(5, gt=0, le=600, description="longest that an answer waits for it, in seconds")
    auth: SecretStr | None = Field(
        None, description="name:password that the window asks for, or @ and a file that holds it"
    )
    root_path: str | None = Field(
        None, description="path below which a proxy serves the window, such as /papers, or its whole address"
    )
    allow_host: str | None = Field(
        None, description="names by which a proxy or another page may call the window, with commas"
    )
    trusted_proxy: str | None = Field(
        None, description="addresses of proxies that say whom they ask for (X-Forwarded-For), with commas"
    )
    libraries: Annotated[tuple[Path, ...] | None, NoDecode] = Field(
        None, description="folders of several libraries that one window opens, the first one first"
    )
    mcp: bool = Field(False, description="whether the window answers MCP clients at /mcp")
    edit: Literal["auto", "on", "off"] = Field(
        "auto",
        description="whether the window may add and remove papers; auto: where only those who run it can reach it",
    )
    max_upload_mb: int = Field(
        100, ge=1, le=100_000, description="largest file that the window takes, in MB of 10^6 bytes"
    )
    space_library: str | None = Field(
        None, description="papers of a Space: a file, a folder, or owner/name of a dataset on the Hugging Face hub"
    )
    space_gpu_seconds: int = Field(20, ge=10, le=120, description="longest that ZeroGPU lends its GPU for one answer")
    data: Path | None = Field(None, description="folder of benchmark data sets, for tests and evals only")

    @property
    def at_once(self) -> int:
        """How many answers are made at the same time: several only where a server writes, since what runs here computes one by one."""
        by_server = self.writer_url is not None and self.writer != "none" and self.mode != "quote"
        return self.answers_at_once if by_server else 1

    @field_validator("library", "cache", "data")
    @classmethod
    def _from_home(cls, value: Path | None) -> Path | None:
        # What a shell would do; files of variables have no shell.
        try:
            return None if value is None else value.expanduser()
        except RuntimeError:
            raise ValueError("there is no home folder here; name the folder by its whole path") from None

    @field_validator("libraries", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        # As PATH is written: a colon between them, on Windows a semicolon.
        folders = value.split(os.pathsep) if isinstance(value, str) else value or ()
        return tuple(cls._from_home(Path(folder)) for folder in folders if str(folder).strip()) or None

    @field_validator("auth")
    @classmethod
    def _name_and_password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value().startswith("@"):
            value = SecretStr(_first_line(Path(value.get_secret_value()[1:])))
        if value is not None and not all(value.get_secret_value().partition(":")):
            raise ValueError("a name, a colon and a password are needed")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _text_in_utf8(cls, value: Any) -> Any:
        text = str(value) if isinstance(value, str | Path) else ""
        if "\0" in text or not _is_unicode(text):
            raise ValueError("it holds bytes that are no text in UTF-8; rename the file or folder, or name another")
        return value

    @field_validator("query_prefix", "passage_prefix")
    @classmethod
    def _with_line_ends(cls, value: str | None) -> str | None:
        # Files of variables have no way to write one.
        return None if value is None else value.replace("\\n", "\n")

    @field_validator("trusted_proxy")
    @classmethod
    def _addresses(cls, value: str | None) -> str | None:
        for address in filter(None, map(str.strip, (value or "").split(","))):
            try:
                ipaddress.ip_network(address, strict=False)
            except ValueError:
                raise ValueError("numeric addresses, such as 10.0.0.7 or 10.0.0.0/24, are needed") from None
        return value

    @field_validator("root_path")
    @classmethod
    def _path_or_address(cls, value: str | None) -> str | None:
        path = (value or "").strip().rstrip("/")
        if path and not path.startswith(("/", "http://", "https://")):
            raise ValueError("a path that begins with /, or an address that begins with https://, is needed")
        return path or None

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from the environment, overridden by the values given that are not None.

        Raises:
            SettingsError: an unknown `CITEWISE_…` variable, or a value of the wrong kind or out of bounds.
        """
        return cls._load(overrides, by_flag=False)

    @classmethod
    def of_flags(cls, **flags: Any) -> Self:
        """The same for a command: a wrong value is blamed on its flag, `root_path` on --root-path.

        Raises:
            WrongUsage: a flag has a wrong value.
            SettingsError: as `load`.
        """
        return cls._load(flags, by_flag=True)

    @classmethod
    def _load(cls, overrides: dict[str, Any], *, by_flag: bool) -> Self:
        variables = {PREFIX + name.upper() for name in cls.model_fields}
        for variable, value in sorted(os.environ.items()):
            name = variable.upper()
            if name.startswith(PREFIX) and name not in variables and not is_of_a_service(name, value):
                raise SettingsError(f"unknown setting {variable} in the environment{_hint(name, variables)}")
        given = {name: value for name, value in overrides.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            flags = given.keys() if by_flag else set()
            problems = [_problem(cls, item, flags) for item in error.errors()]
            is_usage = all(item["loc"] and item["loc"][0] in flags for item in error.errors())
            raise (WrongUsage if is_usage else SettingsError)("; ".join(problems)) from None


def _cache() -> Path:
    try:
        folder = user_cache_path("citewise")
    except RuntimeError:
        return _NO_HOME
    return _NO_HOME if folder.parts[:1] == ("~",) else folder


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip().partition("\n")[0].strip()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ValueError(f"the file named after @ cannot be read: {why}") from None


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _hint(name: str, variables: set[str]) -> str:
    """What was meant, by the part of the name that is its own: all begin alike."""
    flags = {PREFIX + own: flag for own, flag in _FLAGS_ONLY.items()}
    names = {known.removeprefix(PREFIX): known for known in (*flags, *variables)}
    near = difflib.get_close_matches(name.removeprefix(PREFIX), names, n=1, cutoff=_NEAR)
    meant = names[near[0]] if near else ""
    if meant in flags:
        return f"; {'it is a flag' if meant == name else 'did you mean the flag'}: citewise chat {flags[meant]} …"
    return f"; did you mean {meant}?" if meant else f"; known are {', '.join(sorted(variables))}"


def _problem(settings: type[Settings], item: Any, flags: Collection[str]) -> str:
    """One thing that is wrong. The value of a secret is left out, since what is printed is also logged and sent on."""
    name = ".".join(map(str, item["loc"]))
    field = settings.model_fields.get(name)
    # An address may hold a name and password too, and what is wrong with it may be how they stand there.
    secret = name in ("writer_url", "chroma_url") or (field is not None and "SecretStr" in str(field.annotation))
    value = str(item["input"]) if isinstance(item["input"], Path) else item["input"]
    shown = "" if secret else re.sub(r"//[^/@\s]{1,200}@", "//…@", repr(value))[:_SHOWN]
    place, equals = (f"--{name.replace('_', '-')}", " ") if name in flags else (PREFIX + name.upper(), "=")
    return f"{place}{shown and equals}{shown}: {_in_words(item)}"


def _in_words(item: Any) -> str:
    said: str = item["msg"].removeprefix("Value error, ").partition(", unable to")[0]
    return said.replace("Input should be", "it must be").replace("String should have", "it must have")

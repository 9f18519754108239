"""All settings, in one frozen record. Read once at the edge (command line, window, evals) and passed down.

Every field is also an environment variable with the prefix `CITEWISE_`; an unknown `CITEWISE_…` variable is refused, so a
typo cannot silently leave a default in force. Knows nothing of what the values lead to.
"""

import difflib
import os
from pathlib import Path
from typing import Any, Literal, Self

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.core.domain import Mode
from rag.core.errors import SettingsError

PREFIX = "CITEWISE_"
DEFAULT_EMBEDDER = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_READER = "HuggingFaceTB/SmolLM2-135M-Instruct"
DEFAULT_WRITER = "Qwen/Qwen3-4B-Instruct-2507"


class Settings(BaseSettings):
    """Where things are, which models run, and how much is read. Build it with `Settings.load`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    library: Path = Field(Path("library"), description="folder of the library")
    cache: Path = Field(default_factory=lambda: user_cache_path("citewise"), description="folder for converted weights")
    embedder: str = Field(DEFAULT_EMBEDDER, min_length=1, description="embedding model: hub name or folder")
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
    read_sentences: int = Field(12, ge=1, le=100, description="candidate sentences that the LLM reads")
    entailment: str = Field("none", min_length=1, description="none, or an entailment model: hub name or folder")
    writer: str = Field(
        "auto", min_length=1, description="auto, none, or what writes: hub name or folder; the model's name on a server"
    )
    writer_url: str | None = Field(
        None, description="OpenAI-compatible server that writes, such as http://127.0.0.1:8000/v1"
    )
    writer_key: SecretStr | None = Field(None, description="its key")
    writer_seconds: float = Field(60, gt=0, le=3_600, description="longest that one written answer may take")
    writer_tokens: int = Field(320, ge=16, le=4_096, description="longest written answer, in tokens")
    writer_4bit: bool = Field(False, description="load the local writer in 4 bits (CUDA, needs bitsandbytes)")
    auth: SecretStr | None = Field(None, description="name:password that the window asks for")
    data: Path | None = Field(None, description="folder of benchmark data sets, for tests and evals only")

    @field_validator("auth")
    @classmethod
    def _name_and_password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not all(value.get_secret_value().partition(":")):
            raise ValueError("a name, a colon and a password are needed")
        return value

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from the environment, overridden by the values given that are not None.

        Raises:
            SettingsError: an unknown `CITEWISE_…` variable, or a value of the wrong kind or out of bounds.
        """
        variables = {PREFIX + name.upper() for name in cls.model_fields}
        for variable in sorted(os.environ):
            if variable.upper().startswith(PREFIX) and variable.upper() not in variables:
                near = difflib.get_close_matches(variable.upper(), variables, n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(variables))}"
                raise SettingsError(f"unknown setting {variable} in the environment{hint}")
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            problems = "; ".join(
                f"{PREFIX}{'.'.join(map(str, item['loc'])).upper()}={item['input']!r}: {item['msg']}"
                for item in error.errors()
            )
            raise SettingsError(f"bad settings: {problems}") from error

"""How an embedder is to be used: what its training put before questions and passages, and how token vectors become one.

Owns: the known families of embedders, and what a model's own folder says, which wins over them. Knows nothing of networks: it reads
file names and JSON. The prefixes are those of the model cards, checked against the model definitions of MTEB
(github.com/embeddings-benchmark/mteb, mteb/models/model_implementations).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rag.core.errors import ModelUnsupported
from rag.models.find import ModelFiles

Pooling = Literal["mean", "cls", "last"]
TASK = "Given a question, retrieve passages of paper abstracts that answer it"
"""What models that take an instruction are told."""
_SEARCHING = "Represent this sentence for searching relevant passages: "


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model turns a text into a vector.

    `query` and `passage` are put before questions and passages, as they are. `pooling` makes one vector of those of the tokens.
    `ends` asks for the end token behind a text where the tokenizer adds none. `origin` says where the prefixes come from, and
    `pooling_origin` where the pooling comes from; both are phrases, "" where nothing is known of the model.
    """

    query: str = ""
    passage: str = ""
    pooling: Pooling = "mean"
    ends: bool = False
    origin: str = ""
    pooling_origin: str = ""

    def identity(self, sha256: str) -> str:
        """64 hexadecimal digits that are equal where stored vectors are: the weights' own where nothing else shapes passages."""
        from hashlib import sha256 as digest

        shaped = [f"passage {self.passage}"] if self.passage else []
        if self.pooling_origin != _IN_FOLDER and self.pooling != "mean":
            shaped.append(f"pooling {self.pooling}")
        return digest("\n".join([sha256, *shaped]).encode()).hexdigest() if shaped else sha256


@dataclass(frozen=True, slots=True)
class Family:
    """Embedders that were trained alike. `name` is a pattern that is looked for in the lower-case name of a model."""

    title: str
    name: str
    recipe: Recipe
    own_code: bool = False  # it computes with code that its folder brings, also where transformers knows its kind


def _instructed(space: str = " ") -> str:
    return f"Instruct: {TASK}\nQuery:{space}"


FAMILIES = (
    Family("E5 for instructions", r"\be5-[\w.-]*mistral|\be5-r-mistral", Recipe(_instructed(), "", "last", ends=True)),
    Family("E5 for instructions", r"\be5-[\w.-]*instruct", Recipe(_instructed())),
    Family("E5", r"\b(?:multilingual-)?e5-(?:small|base|large)", Recipe("query: ", "passage: ")),
    Family("BGE-M3", r"\bbge-m3", Recipe(pooling="cls")),
    Family(
        "BGE for Chinese", r"\bbge-(?:small|base|large)-zh", Recipe("为这个句子生成表示以用于检索相关文章：", "", "cls")
    ),
    Family("BGE", r"\bbge-(?:small|base|large)-en|\bbge-micro", Recipe(_SEARCHING, "", "cls")),
    Family("GTE-Qwen", r"\bgte-qwen", Recipe(_instructed(), "", "last", ends=True), own_code=True),
    Family("GTE", r"\bgte-(?:small|base|large)-en-v1\.5", Recipe(pooling="cls")),
    Family("GTE", r"\bgte-(?:multilingual|modernbert)", Recipe(pooling="cls")),
    Family("GTE", r"\bgte-(?:small|base|large)", Recipe()),
    Family("Arctic Embed 2", r"\barctic-embed-[\w.-]*v2", Recipe("query: ", "", "cls")),
    Family("Arctic Embed", r"\barctic-embed", Recipe(_SEARCHING, "", "cls")),
    Family("Nomic Embed", r"\bnomic-embed-text|\bmodernbert-embed", Recipe("search_query: ", "search_document: ")),
    Family("mxbai", r"\bmxbai-embed", Recipe(_SEARCHING, "", "cls")),
    Family("UAE", r"\buae-large", Recipe(_SEARCHING, "", "cls")),
    Family("Qwen3 Embedding", r"\bqwen3-embedding", Recipe(_instructed(""), "", "last")),
    Family("Jina 2", r"\bjina-embeddings-v2|\bjina-embedding-", Recipe()),
    Family("Granite Embedding", r"\bgranite-embedding", Recipe(pooling="cls")),
    Family("Sentence Transformers", r"^sentence-transformers/|\ball-minilm|\ball-mpnet|\bparaphrase-", Recipe()),
)
"""The first one whose pattern is found holds."""
_IN_FOLDER = "as its folder says"
_MODES: Mapping[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
    "mean": "mean",
    "cls": "cls",
    "lasttoken": "last",
}


def family_of(files: ModelFiles) -> Family | None:
    """The family of a model by its name, the name of its folder, or the name that it was saved under."""
    for name in _names(files):
        for family in FAMILIES:
            if re.search(family.name, name.lower()):
                return family
    return None


def recipe_of(files: ModelFiles, query: str | None = None, passage: str | None = None) -> Recipe:
    """How this model is to be used: as told here, else as its folder says, else as its family is.

    Args:
        files: the model.
        query: what to put before questions, whatever the model says; None leaves it to the model.
        passage: the same before passages.

    Raises:
        ModelUnsupported: its pooling, or a module of it, is of a kind that citewise cannot run.
    """
    family = family_of(files)
    recipe = replace(family.recipe, origin=f"as models of the family {family.title} need") if family else Recipe()
    prompts = read_json(files.folder / "config_sentence_transformers.json").get("prompts") or {}
    # Saved by default, empty prompts say nothing.
    if any(prompts.values()):
        for_passages = next((prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), "")
        recipe = replace(recipe, query=prompts.get("query") or "", passage=for_passages, origin=_IN_FOLDER)
    if query is not None or passage is not None:
        recipe = replace(
            recipe,
            query=recipe.query if query is None else query,
            passage=recipe.passage if passage is None else passage,
            origin="as the settings say",
        )
    pooling = _pooling(files.folder, bool(recipe.query or recipe.passage))
    if pooling:
        return replace(recipe, pooling=pooling, pooling_origin=_IN_FOLDER)
    return replace(recipe, pooling_origin=recipe.origin if family else "")


def brings_code(files: ModelFiles) -> bool:
    """Whether the model computes with code of its own folder, which citewise never runs."""
    config = read_json(files.folder / "config.json")
    if "AutoModel" not in (config.get("auto_map") or {}):
        return False
    from transformers import CONFIG_MAPPING

    family = family_of(files)
    return config.get("model_type") not in CONFIG_MAPPING or bool(family and family.own_code)


def read_json(file: Path) -> dict[str, Any]:
    """The object in a file, {} where there is no file."""
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def _names(files: ModelFiles) -> Iterator[str]:
    yield files.name
    # The hub's cache keeps a model in models--OWNER--NAME/snapshots/….
    hub = [part.replace("--", "/") for part in files.folder.parts[-4:] if part.startswith("models--")]
    yield from (*hub, files.folder.name)
    yield str(read_json(files.folder / "config.json").get("_name_or_path", ""))


def _pooling(folder: Path, is_prefixed: bool) -> Pooling | None:
    """The pooling that the folder tells, None where it tells none."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    path = "1_Pooling"
    for module in json.loads(modules.read_text("utf-8")):
        kind = str(module["type"]).rsplit(".", 1)[-1]
        if kind not in ("Transformer", "Pooling", "Normalize"):
            raise ModelUnsupported(f"{folder}: citewise cannot run the module {kind}; choose another embedder")
        if kind == "Pooling":
            path = str(module.get("path") or path)
    config = read_json(folder / path / "config.json")
    told = config.get("pooling_mode") or [
        name for name, on in config.items() if name.startswith("pooling_mode_") and on is True
    ]
    modes = [told] if isinstance(told, str) else list(told)
    if len(modes) != 1 or modes[0] not in _MODES:
        raise ModelUnsupported(f"{folder}: pooling {', '.join(modes)} is not supported; mean, CLS and last token are")
    if config.get("include_prompt") is False and is_prefixed:
        raise ModelUnsupported(
            f"{folder}: it leaves its prefix out of the pooling, which citewise cannot; choose another embedder"
        )
    return _MODES[modes[0]]

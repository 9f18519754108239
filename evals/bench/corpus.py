"""Which papers a benchmark works on and what it asks: both by fixed rules, so that a second run measures the same."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO, cast

from evals.cases.question_set import load_set
from evals.errors import EvalError
from rag.core.domain import Paper, Rejected
from rag.core.sentences import sentences
from rag.ingest.formats import corpus_jsonl, read_papers
from rag.output.to_json import paper_json

_QUESTION_CHARS = 300


def take_papers(corpus: Path, papers: int) -> tuple[Paper, ...]:
    """The first `papers` papers of a file; records that cannot be read and ids seen before are passed over.

    Raises:
        EvalError: there is no such file, it is damaged, or it holds fewer papers.
        SourceError: a file other than JSONL cannot be read as a whole.
    """
    if not corpus.is_file():
        raise EvalError(f"there is no corpus {corpus}; give a file that citewise ingest reads")
    by_id: dict[str, Paper] = {}
    try:
        for record in _records(corpus):
            if isinstance(record, Paper):
                by_id.setdefault(record.id, record)
            if len(by_id) == papers:
                return tuple(by_id.values())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise EvalError(f"cannot read the corpus {corpus}: {error}") from error
    raise EvalError(f"{corpus} holds {len(by_id):,} papers, not {papers:,}; ask for at most {len(by_id):,}")


def _records(corpus: Path) -> Iterator[Paper | Rejected]:
    # JSONL is read a line at a time: a benchmark of 200 papers must not read the gigabytes of a whole corpus.
    if corpus.name.endswith((".jsonl", ".jsonl.gz")):
        with _opened(corpus) as lines:
            for line in lines:
                yield from corpus_jsonl.read(line)
    else:
        yield from read_papers(corpus)


def _opened(corpus: Path) -> TextIO:
    if corpus.suffix == ".gz":
        return cast(TextIO, gzip.open(corpus, "rt", encoding="utf-8-sig", newline="\n"))
    return corpus.open(encoding="utf-8-sig", newline="\n")


def write_corpus(papers: Sequence[Paper], file: Path) -> None:
    """Write papers as JSONL that `citewise ingest` reads."""
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(paper_json(paper), ensure_ascii=False) + "\n" for paper in papers)


def questions_of(papers: Sequence[Paper], questions: int) -> tuple[str, ...]:
    """The titles of evenly spaced papers; where a paper has none, its first sentence.

    Raises:
        EvalError: more questions than papers.
    """
    if questions > len(papers):
        raise EvalError(
            f"{len(papers):,} papers give at most {len(papers):,} questions, not {questions:,}; "
            "ask for fewer, or give a file of questions"
        )
    sample = [papers[number * len(papers) // questions] for number in range(questions)]
    return tuple((paper.title or _first_sentence(paper))[:_QUESTION_CHARS] for paper in sample)


def _first_sentence(paper: Paper) -> str:
    return sentences(paper.abstract)[0].of(paper.abstract)


def questions_from(file: Path, questions: int) -> tuple[str, ...]:
    """The first questions of a set.

    Raises:
        EvalError: the set cannot be read, or has fewer.
    """
    texts = [case.question for case in load_set(file).cases]
    if len(texts) < questions:
        raise EvalError(f"{file} holds {len(texts):,} questions, not {questions:,}; ask for at most {len(texts):,}")
    return tuple(texts[:questions])

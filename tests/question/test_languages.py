"""Questions in other languages are known, and those of a known form are asked in English."""

import json
from pathlib import Path

import pytest

from rag.question.languages import in_english, is_foreign, terms

FOREIGN = [
    "Welche Papiere behandeln Bildbearbeitung",
    "Was ist DuneWalk?",
    "Gibt es Arbeiten über Sand?",
    "que papers hablan de poda",
    "hay papers sobre arena?",
    "ci sono paper su sabbia?",
    "¿Cuál es el mejor método?",
    "quali articoli parlano di video",
    "Quels articles traitent de la segmentation",
    "C'est quoi DuneWalk ?",
    "Quais artigos falam de areia?",
    "welke artikelen gaan over audio",
    "哪些论文是关于沙丘的?",
    "DuneWalk是什么?",
    "どの論文がテキスト生成を扱っていますか",
    "모델 압축에 관한 논문은?",
    "какие статьи о звуке",
    "ما هي أفضل طريقة",
    "DuneWalk क्या है?",
    "DuneWalk nedir?",
]
ENGLISH = [
    "De novo assembly",
    "papers by De la Cruz",
    "Los Alamos sand",
    "What is El Niño?",
    "Schrödinger bridges",
    "naïve Bayes",
    "da Vinci's machines",
    "Do hospitals work on weekends?",
    "What does 关系 mean in the corpus?",
    "α-divergence",
    "LoRA",
    "Las Vegas algorithms",
    "vis-à-vis",
]


@pytest.mark.parametrize("question", FOREIGN)
def test_another_language_is_known(question: str) -> None:
    assert is_foreign(question)


@pytest.mark.parametrize("question", ENGLISH)
def test_english_with_foreign_words_is_english(question: str) -> None:
    assert not is_foreign(question)


def test_of_a_thousand_english_questions_of_others_less_than_one_is_taken_for_another_language(big_data: Path) -> None:
    files = ("scholarqa-questions", "scifact", "cisi", "cacm", "pubmedqa-a", "scitldr-dev")
    questions = [
        json.loads(line)["question"]
        for name in files
        for line in (big_data / name / "questions.jsonl").read_bytes().splitlines()
    ]
    assert len(questions) > 5_000
    assert sum(map(is_foreign, questions)) < len(questions) / 1_000


@pytest.mark.parametrize(
    ("question", "english"),
    [
        ("Was ist DuneWalk?", "What is DuneWalk?"),
        ("DuneWalk是什么?", "What is DuneWalk?"),
        ("Wie viel schneller ist DuneWalk?", "How much faster is DuneWalk?"),
        ("Wie viele Sprachen hat DuneWalk?", "How many languages does DuneWalk have?"),
        ("¿Quién escribió DuneWalk?", "Who wrote DuneWalk?"),
        ("Quelles sont les limites de DuneWalk ?", "What are the limitations of DuneWalk?"),
        ("DuneWalkの仕組みは?", "How does DuneWalk work?"),
        ("Какие результаты у DuneWalk?", "What are the main results of DuneWalk?"),
        ("DuneWalk 在 SandNet 上快多少?", "How much faster is DuneWalk on SandNet?"),
        ("Wurde DuneWalk im Winter auf Inseln erprobt?", ""),
    ],
)
def test_a_question_of_a_known_form_is_asked_in_english(question: str, english: str) -> None:
    assert in_english(question, ["DuneWalk"]) == english


def test_two_names_are_compared() -> None:
    assert in_english("Unterschied zwischen DuneWalk und SandMap?", ["DuneWalk", "SandMap"]) == (
        "Compare DuneWalk and SandMap"
    )


def test_words_that_the_languages_share_are_no_small_words() -> None:
    assert terms("Welche Papiere behandeln die Segmentation von Audio?") == ("segmentation", "audio")

"""Follow-up questions: which lean on what was said, and what they are given."""

from collections.abc import Iterable, Sequence

import pytest

from rag.core.domain import Hit, Message, Paper
from rag.core.text import content_words, words
from rag.ingest.formats.record import make_paper
from rag.question import spellings
from rag.question.follow_up import leans_on_history, quotes_in, repeats, standalone

ANSWER = "“DeepCache is a training-free way to speed diffusion up.” [1]\n\n“Codecs cost 25 tokens a second.” [2]"
DEEPCACHE = make_paper(title="DeepCache", abstract="DeepCache is a training-free way to speed diffusion up.")
CODEC = make_paper(title="SemantiCodec", abstract="Codecs cost 25 tokens a second.")


class _Library:
    """Finds papers by their ids, their exact words and their names, and remembers which passages it was asked for."""

    def __init__(self, *papers: Paper, named: Sequence[Paper] = ()) -> None:
        self._papers = papers
        self._named = list(named)
        self.passages: list[tuple[str, ...]] = []

    def papers(self, ids: Iterable[str]) -> list[Paper]:
        wanted = set(ids)
        return [paper for paper in self._papers if paper.id in wanted]

    def papers_quoting(self, passages: Sequence[str]) -> list[Paper]:
        self.passages.append(tuple(passages))
        return [paper for paper in self._papers if any(passage in paper.abstract for passage in passages)]

    def papers_named(self, name: str) -> list[Paper]:
        return self._named

    def papers_called(self, text: str, whole: bool = False) -> list[Paper]:
        called = spellings.is_name if whole else spellings.stands_in
        return [paper for paper in self._papers if called(text, paper)]

    def hits_like(self, text: str, limit: int) -> list[Hit]:
        wanted = set(content_words(text))
        found = [paper for paper in self._papers if wanted & set(words(paper.abstract))]
        return [Hit(paper, 1.0, {}) for paper in found[:limit]]


def _history(*contents: str) -> list[Message]:
    return [Message("assistant" if place % 2 else "user", content) for place, content in enumerate(contents)]


@pytest.mark.parametrize(
    "question",
    [
        "Does it need retraining of the network?",
        "Which datasets were these methods evaluated on?",
        "And on ImageNet with classifier-free guidance?",
        "What about medical image segmentation networks?",
        "summarise the second",
        "How does the former differ from latent diffusion models?",
        "Why?",
        "How fast?",
        "  WHAT ELSE is reported about sampling speed?",
    ],
    ids=[
        "it",
        "these",
        "and",
        "what about",
        "the second",
        "the former",
        "why",
        "hardly any content",
        "space and capitals",
    ],
)
def test_questions_that_need_what_was_said_lean(question: str) -> None:
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which token rates does SemantiCodec offer for audio?",
        "How do diffusion transformers scale to 16 billion parameters?",
        "Which benchmarks measure zero-shot classification by diffusion models?",
    ],
)
def test_questions_with_a_topic_of_their_own_do_not_lean(question: str) -> None:
    assert not leans_on_history(question)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ANSWER, ("DeepCache is a training-free way to speed diffusion up.", "Codecs cost 25 tokens a second.")),
        ('He wrote "these are straight quotes" there.', ("these are straight quotes",)),
        ("It is “short” and “tiny”.", ()),
        ("“never closed, but long enough", ()),
        ("Not in these abstracts. Nearest: Ants.", ()),
        ("", ()),
    ],
    ids=["an answer", "straight", "too short", "open", "declined", "empty"],
)
def test_quotes_are_found_without_their_markers(text: str, found: tuple[str, ...]) -> None:
    assert quotes_in(text) == found


def _text(question: str, history: Sequence[Message], library: _Library) -> str:
    return standalone(question, history, library).text


def test_a_leaning_question_gets_the_papers_quoted_last() -> None:
    library = _Library(CODEC, DEEPCACHE)
    history = _history("How is it sped up?", ANSWER)
    asked = _text("Does it need retraining?", history, library)
    assert asked == "Does it need retraining? (about: SemantiCodec; DeepCache)"
    assert library.passages == [quotes_in(ANSWER)]


def test_only_so_much_of_an_answer_is_looked_through() -> None:
    history = _history("Speed?", "x" * 19_990 + ANSWER)
    assert _text("Why is that?", history, _Library(DEEPCACHE)) == "Why is that? (after: Speed?)"


def test_only_the_newest_answer_counts() -> None:
    history = _history(
        "Speed?", "“DeepCache is a training-free way to speed diffusion up.” [1]", "Tokens?", ANSWER[63:]
    )
    asked = _text("Why is that?", history, _Library(CODEC, DEEPCACHE))
    assert asked == "Why is that? (about: SemantiCodec)"


def test_a_question_left_without_an_answer_does_not_hide_the_last_answer() -> None:
    history = _history("How fast is DeepCache?", ANSWER, "Pardon?")
    assert _text("Why is that?", history, _Library(DEEPCACHE)) == "Why is that? (about: DeepCache)"


def test_at_most_three_papers_are_named() -> None:
    papers = [make_paper(title=f"T{place}", abstract=f"{quotes_in(ANSWER)[0]} {place}") for place in range(5)]
    asked = _text("Why is that?", _history("Q?", ANSWER), _Library(*papers))
    assert asked == "Why is that? (about: T0; T1; T2)"


@pytest.mark.parametrize(
    ("asked", "said"), [("who wrote it", "The record of it names no authors."), ("thanks", "Welcome.")]
)
def test_what_records_do_not_say_leaves_the_talk_at_its_paper(asked: str, said: str) -> None:
    history = [*_history("How fast is DeepCache?", ANSWER), *_history(asked, said)]
    assert _text("and its limits?", history, _Library(DEEPCACHE)) == "and its limits? (about: DeepCache)"


@pytest.mark.parametrize(
    ("question", "without"),
    [
        ("hello, what does SaRA do?", "what does SaRA do?"),
        ("Good morning! Which papers use LoRA?", "Which papers use LoRA?"),
        ("hey can you tell me which papers use LoRA", "can you tell me which papers use LoRA"),
        ("thanks, which papers are about audio codecs?", "which papers are about audio codecs?"),
        ("Hello World corpus: how large is it?", "Hello World corpus: how large is it?"),
        ("high fidelity audio: which papers?", "high fidelity audio: which papers?"),
    ],
)
def test_a_greeting_before_a_question_is_not_searched_for(question: str, without: str) -> None:
    query = standalone(question, (), _Library())
    assert (query.typed, query.asked_as, query.text, query.sentence_question) == (question, question, without, without)


def test_a_change_of_topic_is_left_alone() -> None:
    question = "Which token rates does SemantiCodec offer for audio?"
    library = _Library(DEEPCACHE)
    assert _text(question, _history("How fast is DeepCache?", ANSWER), library) == question
    assert library.passages == []


@pytest.mark.parametrize("question", ["Does it need retraining?", "Why?"])
def test_without_history_the_question_stays_as_it_is(question: str) -> None:
    assert _text(question, [], _Library(DEEPCACHE)) == question


@pytest.mark.parametrize(
    ("papers", "said"),
    [
        ((), ANSWER),
        ((DEEPCACHE,), "Not in these abstracts. Nearest: Ants."),
        ((make_paper(title="", abstract="DeepCache is a training-free way to speed diffusion up."),), ANSWER),
    ],
    ids=["quotes of no paper", "declined", "paper without title"],
)
def test_without_a_paper_to_name_the_earlier_question_is_added(papers: tuple[Paper, ...], said: str) -> None:
    history = _history("How are bees dancing?", "“Something said long before.” [1]", " How fast is DeepCache? ", said)
    asked = _text("Why is that?", history, _Library(*papers))
    assert asked == "Why is that? (after: How fast is DeepCache?)"


@pytest.mark.parametrize(
    "history",
    [_history(" "), [Message("assistant", "Hello, ask me anything.")]],
    ids=["empty question", "greeting only"],
)
def test_nothing_is_added_where_nothing_was_text(history: list[Message]) -> None:
    assert _text("Why is that?", history, _Library()) == "Why is that?"


def test_that_leans_as_a_pronoun_and_not_as_a_conjunction() -> None:
    assert leans_on_history("On which task does that set a new record in the end?")
    assert leans_on_history("Which of the two benchmarks was used for that?")
    assert not leans_on_history("Which method shows that pruning helps generation?")


@pytest.mark.parametrize(
    "question",
    [
        "Doesn't that slow down the training of such networks?",
        "How big does the largest one get in the experiments?",
        "Does the second paper also offer some theory?",
        "Where does the diffusion model come in, then?",
    ],
)
def test_pronouns_that_hide_are_found(question: str) -> None:
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "It is often said that audio codecs need high bitrates. Is there one with less than a hundred tokens?",
        "Is it true that you can prune more than a third of Stable Diffusion 2 without losing much quality?",
        "Does this library have something on generating human motion with masks?",
        "OK, something else: can one tell from fMRI which 3D object a person is looking at, and is it tested?",
        "Something else: what does it cost to train audio codecs?",
    ],
)
def test_words_that_only_look_like_pronouns_do_not_lean(question: str) -> None:
    assert not leans_on_history(question)


def test_a_name_of_another_paper_is_a_new_topic_although_there_is_a_pronoun() -> None:
    question = "In the SemantiCodec paper, what do they measure?"
    assert _text(question, _history("Q?", ANSWER), _Library(DEEPCACHE, named=[CODEC])) == question
    assert _text(
        "How fast is DeepCache in their tests?", _history("Q?", ANSWER), _Library(DEEPCACHE, named=[DEEPCACHE])
    ) == ("How fast is DeepCache in their tests? (about: DeepCache)")


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What about the other one?", "SemantiCodec"),
        ("Is the first one open?", "DeepCache"),
        ("And the latter?", "SemantiCodec"),
    ],
)
def test_the_other_one_and_the_first_pick_a_paper(question: str, title: str) -> None:
    library = _Library(DEEPCACHE, CODEC)
    assert _text(question, _history("Q?", ANSWER), library) == f"{question} (about: {title})"


def test_sentences_are_ranked_for_what_was_typed_unless_that_says_nothing() -> None:
    history = _history("Q?", ANSWER)
    query = standalone("Does it need retraining?", history, _Library(DEEPCACHE))
    assert query.sentence_question == query.typed == "Does it need retraining?"
    assert query.quoted == quotes_in(ANSWER)
    assert query.about == (DEEPCACHE.id,)
    why = standalone("Why?", history, _Library(DEEPCACHE))
    assert why.sentence_question == why.text == "Why? (about: DeepCache)"


WRITTEN = "DeepCache speeds diffusion up without training [1]. Codecs cost 25 tokens a second [2]."


def test_the_papers_that_an_answer_says_it_cites_need_no_quotation_marks() -> None:
    library = _Library(CODEC, DEEPCACHE)
    history = [Message("user", "Q?"), Message("assistant", WRITTEN, (DEEPCACHE.id, CODEC.id))]
    query = standalone("Does the second one need retraining?", history, library)
    assert query.text == "Does the second one need retraining? (about: SemantiCodec)"
    assert (query.about, query.sentence_question) == ((CODEC.id,), query.typed)
    assert library.passages == [], "the ids are enough"


def test_ids_count_in_the_order_of_citation_and_those_that_are_gone_are_left_out() -> None:
    history = [Message("user", "Q?"), Message("assistant", WRITTEN, (DEEPCACHE.id, "gone", CODEC.id, DEEPCACHE.id))]
    assert _text("Why is that?", history, _Library(CODEC, DEEPCACHE)) == "Why is that? (about: DeepCache; SemantiCodec)"


def test_an_answer_whose_papers_are_all_gone_leaves_the_question_before_it() -> None:
    history = [Message("user", "How fast?"), Message("assistant", WRITTEN, ("gone",))]
    assert _text("Why is that?", history, _Library(CODEC)) == "Why is that? (after: How fast?)"


def test_a_sentence_that_was_quoted_is_known_as_a_repeat() -> None:
    assert repeats("Codecs cost 25 tokens a second.", quotes_in(ANSWER))
    assert not repeats("Codecs cost 50 tokens a second.", quotes_in(ANSWER))

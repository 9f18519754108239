"""What writes here: a local model with random weights. Servers are in `test_remote_writer`."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.bench.random_writer import TEMPLATE, random_writer
from rag.core.domain import Message
from rag.core.errors import ModelUnsupported, WriterFailed
from rag.models.find import ModelFiles, choose_device
from rag.models.local_writer import LocalWriter
from rag.models.remote_writer import RemoteWriter
from rag.models.writer import Cut, Limits, Piece, Writer

ASKED = [Message("user", "What is it?")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    return random_writer(tmp_path_factory.mktemp("tiny"))


def _text(pieces: Iterator[Piece]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


def _local(files: ModelFiles, seconds: float = 30, tokens: int = 40) -> LocalWriter:
    return LocalWriter(files, choose_device("cpu"), Limits(seconds, tokens))


def test_a_local_model_writes_the_same_twice(tiny: ModelFiles) -> None:
    generator = _local(tiny)
    first, second = _text(generator.stream(ASKED)), _text(generator.stream(ASKED))
    assert first == second
    assert first


def _lengths(generator: LocalWriter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets, for each text that the generator ends, how many tokens it has written."""
    lengths: list[int] = []
    generate = generator._network.generate

    def counted(**given: Any) -> None:
        lengths.append(generate(**given).shape[1] - given["input_ids"].shape[1])

    monkeypatch.setattr(generator._network, "generate", counted)
    return lengths


def test_stop_ends_the_writing_and_frees_the_place(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny, tokens=2_000)
    lengths = _lengths(generator, monkeypatch)
    stream = generator.stream(ASKED)
    next(piece for piece in stream if piece)
    stream.close()  # type: ignore[attr-defined]
    second = generator.stream(ASKED)
    assert next(piece for piece in second if piece)
    assert len(lengths) == 1 and lengths[0] < 1_000
    second.close()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_stop_takes_less_than_a_fifth_of_a_second(tiny: ModelFiles) -> None:
    generator = _local(tiny, tokens=2_000)
    stream = generator.stream(ASKED)
    next(piece for piece in stream if piece)
    start = time.perf_counter()
    stream.close()  # type: ignore[attr-defined]
    next(piece for piece in generator.stream(ASKED) if piece)
    assert time.perf_counter() - start < 0.4  # stopped, and the next one has already begun


def test_the_time_limit_ends_the_writing(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny, seconds=0.05, tokens=2_000)
    lengths = _lengths(generator, monkeypatch)
    assert _text(generator.stream(ASKED))
    assert 0 < lengths[0] < 2_000


def test_as_many_tokens_are_written_as_the_limit_says(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny, tokens=12)
    lengths = _lengths(generator, monkeypatch)
    list(generator.stream(ASKED))
    assert lengths == [12]


def test_a_prompt_that_is_too_long_is_refused(tiny: ModelFiles) -> None:
    with pytest.raises(WriterFailed, match="tokens"):
        list(_local(tiny).stream([Message("user", "word " * 5_000)]))


def test_control_tokens_in_a_message_are_text(tiny: ModelFiles) -> None:
    generator = _local(tiny)
    assert _text(generator.stream([Message("user", "a <|im_end|> b")]))
    ids = generator._tokenizer.apply_chat_template(
        [{"role": "user", "content": "a <|im_end|> b"}], tokenize=True, return_dict=True, sanitize_control_tokens=True
    )["input_ids"]
    end = generator._tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert list(ids).count(end) == 1  # the one of the template


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnsupported, match="no chat template"):
        _local(random_writer(tmp_path, template=False))


def test_memory_that_runs_out_is_said_and_the_next_answer_works(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    generator = _local(tiny)
    with monkeypatch.context() as patched:

        def full(*_: object, **__: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        patched.setattr(generator._network, "generate", full)
        with pytest.raises(WriterFailed, match="memory"):
            list(generator.stream(ASKED))
    assert _text(generator.stream(ASKED))


def test_a_crash_in_the_worker_reaches_the_reader(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    generator = _local(tiny)
    monkeypatch.setattr(generator._network, "generate", lambda **_: 1 / 0)
    with pytest.raises(WriterFailed, match="unexpected") as failed:
        list(generator.stream(ASKED))
    assert "ZeroDivisionError" not in str(failed.value), "a sentence for people"
    assert "ZeroDivisionError" in caplog.text, "the log has the whole"


# --- models that think ------------------------------------------------------------------------------------------------


def _scripted(generator: LocalWriter, text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets the network write this text; gets the prompts that it was given."""
    prompts: list[str] = []
    tokenizer = generator._tokenizer

    def generate(**given: Any) -> None:
        import torch

        row = given["input_ids"]
        prompts.append(tokenizer.decode(row[0]))
        given["streamer"].put(row)
        for token in tokenizer(text, add_special_tokens=False)["input_ids"][: given["max_new_tokens"]]:
            given["streamer"].put(torch.tensor([token]))
            row = torch.cat([row, torch.tensor([[token]])], dim=1)
            given["stopping_criteria"](row, None)
        given["streamer"].end()

    monkeypatch.setattr(generator._network, "generate", generate)
    return prompts


OPENS = TEMPLATE.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
SWITCH = TEMPLATE.replace(
    "assistant\n{% endif %}", "assistant\n{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
USERS = TEMPLATE.replace(
    "<|im_start|>", "{% if message.role == 'system' %}{{ raise_exception('no') }}{% endif %}<|im_start|>", 1
)


@pytest.mark.parametrize(
    ("template", "text", "expected"),
    [
        (TEMPLATE, "<think>\nIt may be slow.\n</think>\n\nIt is fast.", "It is fast."),
        (TEMPLATE, "It is fast.", "It is fast."),
        (OPENS, "It may be slow.\n</think>\n\nIt is fast.", "It is fast."),
        (SWITCH, "It is fast.", "It is fast."),
    ],
)
def test_what_a_local_model_thinks_is_not_its_answer(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch, template: str, text: str, expected: str
) -> None:
    generator = _local(tiny, tokens=400)
    generator._tokenizer.chat_template = template
    prompts = _scripted(generator, text, monkeypatch)
    assert _text(generator.stream(ASKED)).strip() == expected
    assert ("<think>\n\n</think>" in prompts[0]) == (template == SWITCH), "a model that can is told not to think"


def test_a_local_model_that_only_thinks_is_told_with_the_limit(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = _local(tiny)
    _scripted(generator, "<think>" + "It may be slow. " * 20, monkeypatch)
    with pytest.raises(WriterFailed, match=r"only thought until the limit of 40 tokens \(CITEWISE_WRITER_TOKENS\)"):
        list(generator.stream(ASKED))
    generator._tokenizer.chat_template = OPENS
    _scripted(generator, "It may be slow. " * 200, monkeypatch)
    with pytest.raises(WriterFailed, match=r"2,088 tokens \(CITEWISE_WRITER_TOKENS and 2,048 for thinking\)"):
        list(generator.stream(ASKED))


def test_a_local_answer_that_a_limit_cut_says_which(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _local(tiny)
    _scripted(generator, "It is fast. " * 20, monkeypatch)
    assert list(generator.stream(ASKED))[-1] == Cut("the limit of 40 tokens (CITEWISE_WRITER_TOKENS)")


def test_marks_that_are_special_tokens_are_seen_and_other_special_tokens_left_out(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = _local(tiny, tokens=400)
    generator._tokenizer.add_special_tokens({"additional_special_tokens": ["[THINK]", "[/THINK]", "<|im_start|>"]})
    _scripted(generator, "[THINK]It may be slow.[/THINK]It is fast.<|im_end|>", monkeypatch)
    assert _text(generator.stream(ASKED)) == "It is fast."


def test_a_template_without_a_system_role_gets_the_rules_before_the_question(
    tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = _local(tiny)
    generator._tokenizer.chat_template = USERS
    prompts = _scripted(generator, "It is fast.", monkeypatch)
    assert _text(generator.stream([Message("system", "Be brief."), *ASKED])) == "It is fast."
    assert "user\nBe brief.\n\nWhat is it?" in prompts[0]


def test_a_local_and_a_remote_writer_are_writers(tiny: ModelFiles) -> None:
    both: list[Writer] = [_local(tiny), RemoteWriter("http://127.0.0.1:9/v1", "m", None, Limits())]
    assert [writer.name for writer in both] == [tiny.name, "m"]

"""What a log shows of an ingest that takes long."""

from rag.output.progress import Lines


def test_a_log_gets_a_line_now_and_then_with_rate_and_time_left() -> None:
    lines: list[str] = []
    now = 0.0
    bars = Lines(lines.append, lambda: now)
    for second in range(0, 100, 5):
        now = second
        bars.show("embedding", 10 * second, 70_000)
    assert lines == [
        "embedding 300 of 70,000, 600/min, 1:56:10 left",
        "embedding 600 of 70,000, 600/min, 1:55:40 left",
        "embedding 900 of 70,000, 600/min, 1:55:10 left",
    ]


def test_each_stage_has_its_own_rate_and_a_short_ingest_no_line() -> None:
    lines: list[str] = []
    now = 0.0
    bars = Lines(lines.append, lambda: now)
    bars.show("reading", 0, 20_000_000)
    now = 29.0
    bars.show("reading", 20_000_000, 20_000_000)
    bars.show("embedding", 0, 900)
    assert lines == []
    now = 39.0
    bars.show("embedding", 600, 900)
    assert lines == ["embedding 600 of 900, 3,600/min, 0:05 left"]

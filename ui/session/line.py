"""How many questions are before one that waits for its turn. Owns the look into gradio's queue, which tells it nowhere else."""

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from ui.views.outcomes import waiting_row


class Line:
    """The events of one Blocks that take turns under this concurrency id. Any thread may ask."""

    def __init__(self, demo: gr.Blocks, concurrency_id: str) -> None:
        self._demo = demo
        self._id = concurrency_id

    def ahead_of(self, run: str) -> int | None:
        """How many are answered before this attempt is; None where it does not wait."""
        waiting: Any = self._demo._queue.event_queue_per_concurrency_id.get(self._id)
        if waiting is None:
            return None
        for place, event in enumerate(list(waiting.queue)):
            sent = event.data.event_data if event.data is not None else None
            if isinstance(sent, dict) and sent.get("run") == run:
                return place + int(waiting.current_concurrency)
        return None


def place_in(line: Line) -> Callable[..., Mapping[str, Any]]:
    """The page's question how many are before an attempt of its own, as a function that gradio can mark."""

    def place(sent: Any) -> Mapping[str, Any]:
        ahead = line.ahead_of(str(sent.get("run", ""))) if isinstance(sent, dict) else None
        return {} if ahead is None else {"state": waiting_row(ahead)}

    return place

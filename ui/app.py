"""The page: gradio components, which event does what, and the HTTP endpoints `ask`, `search` and `papers`.

Owns everything that needs gradio. What is shown comes from `ui.rendering` and `ui.sources`, what happens in a chat turn
from `ui.conversation`. Holds no state of a visitor: that lives in the browser session's `gr.State`.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # gradio reads it when it is imported

import gradio as gr

from rag.domain import Mode
from rag.errors import SettingsError
from rag.escaping import shorten
from rag.settings import Settings
from ui.api import add_endpoints
from ui.conversation import Conversation, Visit, conversation_json, run_turn
from ui.examples import example_questions
from ui.loading import Asked, Loader, Open
from ui.rendering import chat_messages, header, too_long, welcome
from ui.sources import panel

FOLDER = Path(__file__).parent
MODEL = "model"  # events with this concurrency id take turns, since they share one model
POLL_SECONDS = 0.25
Updates = tuple[Any, ...]
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def open_assistant(settings: Settings, progress: Callable[[str], None] | None = None) -> Asked:
    """The real assistant. Imported when it is called, in the loader's thread: that alone takes seconds."""
    from rag.wiring import open_assistant as open_

    return open_(settings, progress)


def build_app(settings: Settings, open_: Open = open_assistant) -> gr.Blocks:
    """The page over the library of these settings. Loading starts at once, in the background."""
    loader = Loader(settings, open_)
    demo = gr.Blocks(title="citewise", analytics_enabled=False, fill_width=True)
    with demo:
        Window(settings, loader).build(demo)
        add_endpoints(loader, MODEL)
    # A short queue: whoever comes 33rd learns at once that the machine is busy instead of waiting for minutes.
    demo.queue(max_size=32, default_concurrency_limit=1)
    loader.start()
    return demo


def launch_options() -> dict[str, Any]:
    """What `Blocks.launch` needs wherever the page runs: our look, no traces kept, no way out of the machine."""
    # Weight 600 of this font is bundled without Latin letters.
    sans = (gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif")
    return {
        "theme": gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=sans, font_mono=("monospace",)),
        "css_paths": [FOLDER / "theme.css"],
        "head": f"<script>{(FOLDER / 'page.js').read_text(encoding='utf-8')}</script>",
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "pwa": False,
        # Expected errors reach API callers as gr.Error; the text of any other one belongs in the log only.
        "show_error": False,
    }


def launch(settings: Settings, host: str | None = "127.0.0.1", port: int | None = 7860, **options: Any) -> None:
    """Serve the page until the process is stopped. `options` go to `Blocks.launch`.

    Raises:
        SettingsError: the address or port cannot be listened on.
    """
    demo = build_app(settings)
    try:
        demo.launch(server_name=host, server_port=port or None, **(launch_options() | options))
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port} ({error}); choose another with --port") from error


class Window:
    """The components of the page and the handlers of their events. Made once; everything of a visitor is passed in."""

    def __init__(self, settings: Settings, loader: Loader) -> None:
        self._settings = settings
        self._loader = loader

    def build(self, demo: gr.Blocks) -> None:
        """Add the components to the page and connect them."""
        self.visit = gr.State(Visit())
        self.asked = gr.State(0)  # how many questions there were; its change starts the answer
        with gr.Row(elem_id="cw-top"):
            self.header = gr.HTML(header(self._loader.loading), elem_id="cw-header", apply_default_css=False)
            self.retry = gr.Button("Try again", visible=False, size="sm", elem_id="cw-retry")
            self.save = gr.Button("Save", size="sm", elem_id="cw-save")
            self.new = gr.Button("New chat", size="sm", elem_id="cw-new")
        self.saved = gr.Textbox(visible="hidden", label="Saved conversation")
        with gr.Row(elem_id="cw-main"):
            with gr.Column(elem_id="cw-chat"):
                self.chat = self._chatbot()
                with gr.Row(elem_id="cw-ask"):
                    self.box = gr.Textbox(
                        placeholder="Ask about these papers …",
                        label="Your question",
                        show_label=False,
                        container=False,
                        autofocus=True,
                        max_lines=6,
                        elem_id="cw-box",
                    )
                    self.mode = gr.Dropdown(
                        [("Auto", "auto"), ("Quote", "quote"), ("Write", "write")],
                        value="auto",
                        label="How to answer: auto writes where a writer is there",
                        show_label=False,
                        container=False,
                        filterable=False,
                        min_width=90,
                        scale=0,
                        elem_id="cw-mode",
                    )
                    self.send = gr.Button("Send", variant="primary", elem_id="cw-send")
                    self.stop = gr.Button("Stop", visible=False, elem_id="cw-stop")
            with gr.Column(elem_id="cw-panel"):
                self.panel = gr.HTML(panel(Conversation(), 0), elem_id="cw-panel-html", apply_default_css=False)
        self._connect(demo)

    def _chatbot(self) -> gr.Chatbot:
        return gr.Chatbot(
            placeholder=welcome(self._loader.loading, self._settings),
            label="Conversation",
            show_label=False,
            container=False,
            height="100%",
            latex_delimiters=[],
            buttons=[],
            feedback_options=None,
            reasoning_tags=[],
            allow_file_downloads=False,
            layout="panel",
            elem_id="cw-chatbot",
        )

    def _connect(self, demo: gr.Blocks) -> None:
        view = [self.chat, self.panel, self.send, self.stop]
        begun = [self.asked, self.box, *view]
        # Through the queue, since a state's `change` is not noticed beside it, but never waiting in it.
        now = PRIVATE | {"concurrency_limit": None}
        gr.on([self.box.submit, self.send.click], self._begin, [self.box, self.visit, self.mode], begun, **now)
        self.chat.example_select(self._begin_example, [self.visit, self.mode], begun, **now)
        # One event answers all questions, however they were asked. It is ended by the visit, which it looks at on every
        # step, and not by gradio's `cancels`: that one now and then leaves the model's only place in the queue taken for ever.
        self.asked.change(self._answer, self.visit, view, concurrency_id=MODEL, **PRIVATE)
        self.stop.click(self._stop, self.visit, view, queue=False, **PRIVATE)
        self.new.click(self._new, self.visit, view, queue=False, **PRIVATE)
        # Through the queue: beside it, a notice reaches the log and not the page.
        saving = self.save.click(self._save, self.visit, self.saved, **now)
        saving.then(None, self.saved, None, js="(text) => window.cwSave(text)", queue=False, **PRIVATE)
        # No limit: each open page watches the loading, and none may wait for another.
        watch = partial(demo.load, self._watch, None, concurrency_limit=None, **PRIVATE)
        watch(outputs=[self.header, self.chat, self.retry])
        self.retry.click(self._retry, None, [self.header, self.chat, self.retry], concurrency_limit=None, **PRIVATE)

    def _view(self, conversation: Conversation) -> Updates:
        sources, running = panel(conversation, len(self._loader.loading.papers)), conversation.running
        return chat_messages(conversation), sources, gr.Button(visible=not running), gr.Button(visible=running)

    def _begin(self, question: str, visit: Visit, mode: Mode) -> Updates:
        """Show the question at once; the answer follows in an event of its own, which may have to queue."""
        question, limit = question.strip(), self._settings.max_question_chars
        if question and len(question) <= limit and visit.begin(question, mode):
            return visit.conversation.count, "", *self._view(visit.conversation)
        if len(question) > limit and not visit.conversation.running:
            visit.refuse(shorten(question, 200), too_long(len(question), limit))
        return gr.skip(), gr.skip(), *self._view(visit.conversation)  # the text stays in the box

    def _begin_example(self, visit: Visit, mode: Mode, event: gr.SelectData) -> Updates:
        return self._begin(event.value["text"], visit, mode)

    def _answer(self, visit: Visit) -> Iterator[Updates]:
        shown = ""
        with closing(run_turn(self._loader, visit.conversation)) as states:
            for state in states:
                if not visit.take(state):
                    # What was on its way to the page when the visitor stopped must not be the last word.
                    yield self._view(visit.conversation)
                    return
                messages, sources, *buttons = self._view(state)
                # Sent only when it changes: replacing the panel would close what the reader has just unfolded.
                yield messages, gr.skip() if sources == shown else sources, *buttons
                shown = sources

    def _stop(self, visit: Visit) -> Updates:
        visit.stop()
        return self._view(visit.conversation)

    def _new(self, visit: Visit) -> Updates:
        visit.clear()
        return self._view(visit.conversation)

    def _save(self, visit: Visit) -> str:
        """The file that the browser then offers; nothing is kept on the server."""
        if not any(turn.answer for turn in visit.conversation.turns):
            gr.Info("There is no answer to save yet.")
            return ""
        return json.dumps(conversation_json(visit.conversation), ensure_ascii=False, indent=1)

    def _watch(self) -> Iterator[Updates]:
        """The head and the empty chat, as long as the loading goes on and once more when it has ended."""
        while not self._loader.wait(POLL_SECONDS):
            yield self._idle_page()
        yield self._idle_page()

    def _retry(self) -> Iterator[Updates]:
        self._loader.start(again=True)
        yield from self._watch()

    def _idle_page(self) -> Updates:
        loading = self._loader.loading
        questions: list[Any] = [{"text": question} for question in example_questions(loading.papers)]
        empty = loading.state == "failed" or (loading.state == "ready" and not loading.papers)
        chat = gr.Chatbot(placeholder=welcome(loading, self._settings), examples=questions)
        return header(loading), chat, gr.Button(visible=empty)

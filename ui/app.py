"""The page: gradio components, which event does what, and the HTTP endpoints `ask`, `search` and `papers`.

Owns everything that needs gradio. What is shown comes from `ui.rendering` and `ui.sources`, what happens in a chat turn
from `ui.conversation`. Holds no state of a visitor: that lives in the browser session's `gr.State`.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # gradio reads it when it is imported

import gradio as gr

from rag.settings import Settings
from ui.api import add_endpoints
from ui.conversation import Conversation, run_turn
from ui.examples import example_questions
from ui.loading import Asked, Loader, Open
from ui.rendering import chat_messages, header, too_long, welcome
from ui.sources import panel

FOLDER = Path(__file__).parent
MODEL = "model"  # events with this concurrency id take turns, since they share one model
POLL_SECONDS = 0.25
Updates = tuple[Any, ...]
private = partial(dict, api_visibility="private", show_progress="hidden")


def open_assistant(settings: Settings, progress: Callable[[str], None] | None = None) -> Asked:
    """The real assistant. Imported when it is called, in the loader's thread: that alone takes seconds."""
    from rag.wiring import open_assistant as open_

    return open_(settings, progress)


def build_app(settings: Settings, open_: Open = open_assistant) -> gr.Blocks:
    """The page over the library of these settings. Loading starts at once, in the background."""
    loader = Loader(settings, open_)
    with gr.Blocks(title="citewise", analytics_enabled=False, fill_width=True) as demo:
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


def launch(
    settings: Settings, host: str | None = "127.0.0.1", port: int | None = 7860, mcp: bool = False, **options: Any
) -> None:
    """Serve the page until the process is stopped. `options` go to `Blocks.launch`."""
    demo = build_app(settings)
    demo.launch(server_name=host, server_port=port, mcp_server=mcp, **(launch_options() | options))


class Window:
    """The components of the page and the handlers of their events. Made once; everything of a visitor is passed in."""

    def __init__(self, settings: Settings, loader: Loader) -> None:
        self._settings = settings
        self._loader = loader

    def build(self, demo: gr.Blocks) -> None:
        """Add the components to the page and connect them."""
        self.conversation = gr.State(Conversation())
        with gr.Row(elem_id="cw-top"):
            self.header = gr.HTML(header(self._loader.loading), elem_id="cw-header", apply_default_css=False)
            self.retry = gr.Button("Try again", visible=False, size="sm", elem_id="cw-retry")
            self.new = gr.Button("New chat", size="sm", elem_id="cw-new")
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
        view = [self.conversation, self.chat, self.panel]
        buttons = [self.box, self.send, self.stop]
        asked = [
            gr.on(
                [self.box.submit, self.send.click],
                self._begin,
                [self.box, self.conversation],
                view + buttons,
                queue=False,
                **private(),
            ),
            self.chat.example_select(self._begin_example, self.conversation, view + buttons, queue=False, **private()),
        ]
        answers = [
            event.then(self._answer, self.conversation, view, concurrency_id=MODEL, **private()) for event in asked
        ]
        for event in answers:  # also after Stop: gradio completes a cancelled event and then goes on with `then`
            event.then(self._finish, self.conversation, view + buttons, queue=False, **private())
        self.stop.click(lambda: gr.Button("Stopping …", interactive=False), None, self.stop, queue=False, **private())
        self.stop.click(None, None, None, cancels=answers, **private())
        self.new.click(None, None, None, cancels=answers, **private())
        self.new.click(self._new, None, view + buttons, queue=False, **private())
        # No limit: each open page watches the loading, and none may wait for another.
        watch = partial(demo.load, self._watch, None, concurrency_limit=None, **private())
        watch(outputs=[self.header, self.chat, self.retry])
        self.retry.click(self._retry, None, [self.header, self.chat, self.retry], concurrency_limit=None, **private())

    def _view(self, conversation: Conversation) -> Updates:
        papers = len(self._loader.loading.papers)
        return conversation, chat_messages(conversation), panel(conversation, papers)

    def _begin(self, question: str, conversation: Conversation) -> Updates:
        """Show the question at once; the answer follows in an event of its own, which may have to queue."""
        question, limit = question.strip(), self._settings.max_question_chars
        if not question or conversation.running:
            return (gr.skip(),) * 6
        if len(question) > limit:
            gr.Warning(too_long(len(question), limit), title="Too long")
            return (gr.skip(),) * 6
        busy = (gr.Textbox(value=""), gr.Button(visible=False), gr.Button("Stop", visible=True, interactive=True))
        return *self._view(conversation.asked(question)), *busy

    def _begin_example(self, conversation: Conversation, event: gr.SelectData) -> Updates:
        return self._begin(event.value["text"], conversation)

    def _answer(self, conversation: Conversation) -> Iterator[Updates]:
        if not conversation.running:  # an empty question, or Enter while an answer is being made
            return
        shown = panel(conversation, 0)
        for state in run_turn(self._loader, conversation):
            _, messages, sources = self._view(state)
            # The panel is sent only when it changes: replacing it would close what the reader has just unfolded.
            yield state, messages, gr.skip() if sources == shown else sources
            shown = sources

    def _finish(self, conversation: Conversation) -> Updates:
        idle = (gr.skip(), gr.Button(visible=True), gr.Button("Stop", visible=False, interactive=True))
        return *self._view(conversation.stopped()), *idle

    def _new(self) -> Updates:
        return self._finish(Conversation())

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
        questions = [{"text": question} for question in example_questions(loading.papers)]
        empty = loading.state == "failed" or (loading.state == "ready" and not loading.papers)
        chat = gr.Chatbot(placeholder=welcome(loading, self._settings), examples=questions)
        return header(loading), chat, gr.Button(visible=empty)

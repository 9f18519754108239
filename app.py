"""Starts the chat window as a Hugging Face Space does: `python app.py`. Without other settings it writes to temporary folders only."""

from rag.core.space import keep_to_temporary_folders

keep_to_temporary_folders()  # before anything that reads the environment when it is imported

from ui.opening import open_early  # noqa: E402

opening = open_early() if __name__ == "__main__" else None

try:
    import spaces  # before anything that could start CUDA, which ZeroGPU lends for the length of a call only
except ImportError:  # anywhere but on a Space
    gpu = None
else:
    gpu = spaces.GPU

from ui.space import Space  # noqa: E402

space = Space(gpu)
demo = space.demo

if __name__ == "__main__":
    space.launch(opening)

"""Starts the chat window as a Hugging Face Space does: `python app.py`."""

from ui.space import build_demo, launch_demo

demo = build_demo()

if __name__ == "__main__":
    launch_demo(demo)

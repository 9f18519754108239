"""Question sets, runs and scores: where every change to citewise is judged. Sits on top of `rag`, never beneath it."""

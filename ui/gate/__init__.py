"""What is looked at of every request before gradio sees it: for whom it is, from where, how large, and of what form.

Gradio reads, copies and logs what strangers send, and fetches what they name; so whatever citewise does not need is refused here.
It also has the page for signing in, and puts into the window's page what those read who run no scripts.
May import rag.core and ui.session. Knows nothing of questions and answers, nor of gradio but its addresses.
"""

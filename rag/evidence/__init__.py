"""Papers found -> the sentences that answer: ranked, chosen, and whether they answer at all.

May import core, models, question and search. Knows nothing of how an answer is worded or shown.
"""

"""Is this sentence supported by that evidence? Numbers, names, negation, direction, meaning.

May import core and models. Knows nothing of where a sentence comes from.
"""

"""Files that people have -> papers, cut into sentences and windows, ready to be stored.

May import core and models. Knows nothing of how a library stores or finds them.
"""

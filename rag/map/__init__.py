"""The papers of a library as points on a plane, those alike near each other: places, groups, and what each group is about.

May import core, ingest and library. Knows nothing of questions, of answers or of how a map is drawn. scikit-learn is imported where it
is called: that alone takes two seconds, and nobody who asks needs it.
"""

"""The commands of `python -m evals`, a module for each group: arguments, and what is printed where.

May import everything in evals. Each command imports what it needs when it runs, so that `--help` is light.
"""

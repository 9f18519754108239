"""What every other folder stands on: records, errors, settings, arrays, text, sentences, escaping, fitted models, prompts.

May import nothing of citewise outside itself. Knows nothing of files to ingest, storage, models or screens.
"""

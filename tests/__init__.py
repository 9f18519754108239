"""Tests mirror the packages; `fakes.py` holds the scripted stand-ins that unit tests use."""

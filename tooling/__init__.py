"""What the Makefile's verbs do: set up, train, run, check, test.

Standard library only, and nothing newer than Python 3.9: it runs before any environment exists.
"""

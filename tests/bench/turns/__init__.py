"""Turns beside stock Rasa and beside an empty server: `make bench ARGS=turns`."""

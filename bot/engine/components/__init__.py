"""Rasa graph components: the pipeline that config.yml names, in that order."""

"""Invented people and cases, so that the console has something to show."""

"""Rasa custom actions: they read the tracker, call casework or policy_kb, and say the reply."""

"""What Rasa loads.  With policy_kb, the only code of ours in its process."""

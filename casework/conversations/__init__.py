"""The log, who owns a conversation, and the ways that messages come and go."""

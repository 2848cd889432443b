"""What survives a change of chat engine: people's conversations and, later, their cases."""

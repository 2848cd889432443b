"""The running assistant: gateway, channels, and the parts that Rasa loads."""

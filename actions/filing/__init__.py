"""The filing conversation: one form for every kind of application, driven by policy_kb/applications."""

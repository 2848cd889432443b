"""The checks of `python -m policy_kb check`, one module per subject; `policy_kb.check` puts them together."""

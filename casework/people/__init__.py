"""People and what is known of them: profiles, consents, the vault, documents, errands, plans."""

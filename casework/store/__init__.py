"""How anything is kept: tables, sealed columns and their keys, locks, the outbox, backups."""

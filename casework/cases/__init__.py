"""Applications from filing to result: commands, what may be done next, time limits, lists, the ledger."""

"""Between the channels and the engine: order, privacy, the log, and what happens when something fails."""

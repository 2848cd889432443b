"""How Yunjiu is put on a machine."""

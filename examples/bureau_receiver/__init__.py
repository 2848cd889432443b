"""A bureau's end of the exchange with Yunjiu, small enough to read in one go."""

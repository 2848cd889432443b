"""What holds for all tests: how long one takes is for the benchmarks to say, not for them."""

from __future__ import annotations

try:
    from hypothesis import settings
except ImportError:  # the engine's environment has none, and its tests need none
    pass
else:
    settings.register_profile("yunjiu", deadline=None)
    settings.load_profile("yunjiu")

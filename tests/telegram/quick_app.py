"""The app, in a process of its own, without the pauses that a test need not wait for."""

from __future__ import annotations

import pytest

from bot.app import main
from tests.telegram.conftest import hurry

if __name__ == "__main__":
    hurry(pytest.MonkeyPatch())
    main()

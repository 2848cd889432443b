"""Lines that Rasa's libraries print at every start and that mean nothing for Yunjiu.

What an environment variable can silence is silenced there (`QUIET`); Sanic turns deprecation warnings
on again whatever the environment says, so those are left out of what a person sees. Logs keep them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TQDM_DISABLE": "1",
}

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LIBRARY_WARNING = re.compile(r"site-packages/.*(DeprecationWarning|MovedIn20Warning): ")
_OTHER = re.compile(
    r"^Implementing implicit namespace packages|^More info at https://rasa\.com|"
    r"Supervisor is running as root|running without any HTTP authentication|"
    r"Included extra file|RPC interface 'supervisor' initialized"
)


def plain(line: str) -> str:
    """Without the colours that programs put in for a terminal."""
    return _COLOUR.sub("", line)


def without_noise(lines: Iterable[str]) -> Iterator[str]:
    """The lines less known noise; the source line that Python prints under a warning goes with it."""
    quoted = False
    for line in lines:
        text = plain(line)
        if _LIBRARY_WARNING.search(text):
            quoted = True
        elif _OTHER.search(text.strip()) or not text.strip() or (quoted and text.startswith("  ")):
            continue
        else:
            quoted = False
            yield line

"""Signatures between Yunjiu and the bureau: the same in both directions.

``X-Yunjiu-Signature: v1=<hex HMAC-SHA256(secret, timestamp + "." + raw body)>``, with the timestamp (unix seconds)
in ``X-Yunjiu-Timestamp``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

TIMESTAMP = "X-Yunjiu-Timestamp"
SIGNATURE = "X-Yunjiu-Signature"
TOLERANCE_SECONDS = 300
_LONGEST_TIMESTAMP = 12


class BadSignature(Exception):
    """Not signed with our secret, or not just now; the message says which, in Chinese."""


def signed(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers for ``body`` sent at ``now`` (naive UTC)."""
    timestamp = str(_seconds(now))
    return {TIMESTAMP: timestamp, SIGNATURE: _signature(secret, timestamp, body)}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises :class:`BadSignature`.  The signature is looked at first, so that strangers learn nothing of our clock."""
    timestamp = headers.get(TIMESTAMP, "")
    given = headers.get(SIGNATURE, "")
    expected = _signature(secret, timestamp, body)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise BadSignature("签名不对。")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        raise BadSignature("时间戳要写成 Unix 秒数。")
    if abs(_seconds(now) - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("时间戳和现在相差超过 5 分钟。")


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    signed_text = timestamp.encode("utf-8", "replace") + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed_text, hashlib.sha256).hexdigest()


def _seconds(now: datetime) -> int:
    return int(now.replace(tzinfo=UTC).timestamp())

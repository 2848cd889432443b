"""The keys that people's data is sealed with: AES-256-GCM, one key that writes and older ones that still read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12


class CannotOpen(Exception):
    """Sealed with a key that is not on the ring, or changed, or moved from where it was put."""


class KeyRing:
    """What is sealed carries the id of its key in front: one byte of length, the id, the nonce, the rest."""

    def __init__(self, keys: Mapping[str, bytes], current: str, hash_secret: str) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._current = _header(current)
        self._hash_key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"yunjiu keyed hash").derive(hash_secret.encode())

    @classmethod
    def parse(cls, text: str, hash_secret: str) -> KeyRing:
        """A ring out of "id:key,id:key", keys in base64url of 32 bytes; the first writes, all read.

        ``hash_secret`` is what :meth:`hash` derives from.  ValueError, which does not repeat the text, if it is
        anything else.
        """
        named = [part.strip().partition(":") for part in text.split(",")]
        keys = {name: _key(encoded) for name, _, encoded in named}
        if len(keys) != len(named) or not all(0 < len(name.encode()) < 256 for name in keys):
            raise ValueError("a data key is written id:key, each id once")
        return cls(keys, named[0][0], hash_secret)

    @staticmethod
    def generate() -> str:
        """One fresh "id:key"."""
        return f"k{secrets.token_hex(4)}:{base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"

    def close(self, plain: bytes, context: str) -> bytes:
        """Seals ``plain``; it opens only with the same ``context``, which says where it stands."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = self._ciphers[_name(self._current)]
        return self._current + nonce + cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """What was sealed; CannotOpen if its key is not here, or the bytes or the context are not the same."""
        name = _name(sealed)
        start = len(_header(name))
        nonce, rest = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        if name not in self._ciphers or len(nonce) < NONCE_BYTES:
            raise CannotOpen("no key on the ring has sealed this")
        try:
            return self._ciphers[name].decrypt(nonce, rest, context.encode())
        except InvalidTag:
            raise CannotOpen("changed, or not where it was put") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the key that writes today has sealed it."""
        return sealed.startswith(self._current)

    def hash(self, value: str, purpose: str) -> str:
        """A keyed hash, 64 hex characters, the same across rotations; ``purpose`` keeps uses apart."""
        return hmac.new(self._hash_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def _header(name: str) -> bytes:
    encoded = name.encode("utf-8", "surrogateescape")
    return bytes([len(encoded)]) + encoded


def _name(sealed: bytes) -> str:
    return sealed[1 : 1 + sealed[0]].decode("utf-8", "surrogateescape") if sealed else ""


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a data key is 32 bytes in base64url, after its id and a colon")
    return key

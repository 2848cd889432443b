"""Passwords of the staff: which are accepted, and their Argon2 hashes."""

from __future__ import annotations

import secrets
from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers import HasherProtocol
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST, LONGEST = 12, 200
"""In characters."""


class WeakPassword(Exception):
    """Not accepted; the message says in Chinese why."""


class Passwords:
    """``hasher``: Argon2 with its recommended cost, unless another is given."""

    def __init__(self, hasher: HasherProtocol | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))

    @cached_property
    def _nobodys(self) -> str:
        return self._hash.hash(secrets.token_urlsafe())

    def hash(self, password: str, login: str) -> str:
        """Raises :class:`WeakPassword`."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise WeakPassword(f"密码要 {SHORTEST} 到 {LONGEST} 个字符。")
        if login in password.lower() or len(set(password)) < SHORTEST // 3:
            raise WeakPassword("这个密码太容易猜，请不要用登录名，也不要反复用同几个字。")
        return self._hash.hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        """Takes as long where there is no hash to compare with."""
        try:
            right = self._hash.verify(password[: LONGEST + 1], hashed or self._nobodys)
        except UnknownHashError:
            return False
        return right and hashed is not None


def one_time_password() -> str:
    """For a first sign-in, after which it must be changed; easy to read out, 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))

"""The vault: the only table that holds personal values, sealed; everywhere else stands a token."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Engine, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.cipher import KeyRing
from casework.store.database import Base, SealedColumn, context, reading

HIDDEN = "****"


class VaultRow(Base):
    """``owner`` is the public id of the errand, case or person that the value goes with."""

    __tablename__ = "vault"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(64), index=True)
    value: Mapped[bytes] = mapped_column(SealedColumn("vault", "token"))


class Vault:
    """Reads are transactions of their own; whatever writes joins the caller's session."""

    def __init__(self, engine: Engine, ring: KeyRing) -> None:
        self.engine = engine
        self.ring = ring

    def put(self, session: Session, kind: str, value: str, owner: str) -> str:
        """Keeps ``value``; gives the token that stands for it.  Joins the session."""
        token = f"v_{secrets.token_urlsafe(15)}"
        sealed = self.ring.close(value.encode(), context("vault", token))
        session.add(VaultRow(token=token, kind=kind, owner=owner, value=sealed))
        session.flush()
        return token

    def get(self, token: str) -> str:
        """The value; KeyError, which names the token only, if it is gone."""
        return self._open(self._row(token))

    def shown(self, token: str) -> str:
        """The value as it may be displayed, most of it hidden; KeyError if it is gone."""
        row = self._row(token)
        return _MASKS.get(row.kind, _all)(self._open(row))

    def kind(self, token: str) -> str:
        """KeyError if the value is gone."""
        return self._row(token).kind

    def hand_over(self, session: Session, tokens: Iterable[str], owner: str) -> None:
        """The values now go with ``owner``: with the case instead of the errand, once it is filed.  Joins."""
        session.execute(update(VaultRow).where(VaultRow.token.in_(list(tokens))).values(owner=owner))

    def discard(self, session: Session, token: str) -> None:
        """Deletes one value.  Joins the session."""
        session.execute(delete(VaultRow).where(VaultRow.token == token))

    def forget(self, session: Session, owner: str) -> int:
        """Deletes all values of ``owner``; gives how many they were.  Joins the session."""
        gone = session.execute(delete(VaultRow).where(VaultRow.owner == owner).returning(VaultRow.id))
        return len(gone.all())

    def _row(self, token: str) -> VaultRow:
        with reading(self.engine) as session:
            row = session.scalar(select(VaultRow).where(VaultRow.token == token))
            if row is None:
                raise KeyError(token)
            return row

    def _open(self, row: VaultRow) -> str:
        return self.ring.open(row.value, context("vault", row.token)).decode()


def is_token(value: object) -> bool:
    """Whether ``value`` has the form of a vault token."""
    return isinstance(value, str) and value.startswith("v_") and len(value) == 22


def _ends(front: int, back: int) -> Callable[[str], str]:
    """Shows so many characters of either end; of a value not longer than both together, nothing."""

    def mask(value: str) -> str:
        hidden = len(value) - front - back
        return HIDDEN if hidden <= 0 else f"{value[:front]}{'*' * hidden}{value[len(value) - back :]}"

    return mask


def _all(_value: str) -> str:
    return HIDDEN


_MASKS: Mapping[str, Callable[[str], str]] = {
    "name": lambda value: value[:1] + "*" * max(1, len(value) - 1),
    "identity": _ends(6, 4),
    "mobile": _ends(3, 4),
    "bank_card": lambda value: HIDDEN + value[-4:] if len(value) > 8 else HIDDEN,
    "address": lambda value: value[:6] + HIDDEN if len(value) > 6 else HIDDEN,
}

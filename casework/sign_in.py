"""Signing in to the console, and the sessions that come of it.

An attempt counts as failed before it is looked at, and is taken back if it was right: so attempts at the same
moment cannot all be the last one before the lock-out.  Wrong passwords and wrong codes count alike, and only a
complete sign-in sets the count back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, delete, or_, select, update
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.cipher import KeyRing
from casework.database import now, reading
from casework.staff import Staff, StaffAccounts, as_staff
from casework.staff_tables import StaffRow, StaffSessionRow

TRIES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FOR_THE_CODE = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last used, so that not every page writes."""


class NotSignedIn(Exception):
    """Refused; it is not said why, so that nobody learns which logins there are."""


@dataclass(frozen=True)
class SignedIn:
    """A session; ``token`` is for the browser alone.  While ``pending`` it waits for a code and opens nothing."""

    session: int
    token: str
    staff: Staff
    pending: bool


class SignIns:
    """Every method is one transaction, or two around the slow look at a password."""

    def __init__(
        self, engine: Engine, ring: KeyRing, audit: Audit, accounts: StaffAccounts, clock: Callable[[], datetime] = now
    ) -> None:
        self._engine = engine
        self._ring = ring
        self._audit = audit
        self._accounts = accounts
        self._clock = clock

    def with_password(self, login: str, password: str) -> SignedIn:
        """Raises :class:`NotSignedIn`, after as long a time whatever was wrong."""
        login = login.strip().lower()
        row = self._begin_attempt(StaffRow.login == login)
        if not self._accounts.passwords.matches(password, row.password_hash if row else None) or row is None:
            self._note_failure(row, "password")
            raise NotSignedIn
        with Session(self._engine) as session, session.begin():
            return self._succeed(session, row.id, pending=row.totp_on, how="password")

    def current(self, token: str) -> SignedIn | None:
        """Whose session it is, while it lasts; used, it lasts on."""
        at = self._clock()
        wanted = (
            select(StaffSessionRow, StaffRow)
            .join(StaffRow, StaffRow.id == StaffSessionRow.staff_id)
            .where(StaffSessionRow.token == self._hash(token), StaffRow.active, *_lasting(at))
        )
        with reading(self._engine) as session:
            found = session.execute(wanted).one_or_none()
            if found is None:
                return None
            row, staff = found
            signed_in = SignedIn(row.id, token, as_staff(staff), row.pending)
            seen_at = row.seen_at
        if at - seen_at > SEEN_EVERY:
            with Session(self._engine) as session, session.begin():
                session.execute(update(StaffSessionRow).where(StaffSessionRow.id == row.id).values(seen_at=at))
        return signed_in

    def sign_out(self, signed_in: SignedIn) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(delete(StaffSessionRow).where(StaffSessionRow.id == signed_in.session))
            staff = signed_in.staff
            self._audit.record(session, staff.login, staff.role, "signed_out", staff.login, {})

    def _begin_attempt(self, who: ColumnElement[bool]) -> StaffRow | None:
        """The account, if there is one that may be tried now; the attempt is counted."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            row = session.scalar(select(StaffRow).where(who).with_for_update())
            if row is None or not row.active or (row.locked_until and row.locked_until > self._clock()):
                return None
            row.failures += 1
            if row.failures % TRIES == 0:
                wait = min(FIRST_LOCK * 2 ** min(row.failures // TRIES - 1, 10), LONGEST_LOCK)
                row.locked_until = self._clock() + wait
            return row

    def _note_failure(self, row: StaffRow | None, what: str) -> None:
        """An unknown login is not written down: it may be a password that was typed into the wrong field."""
        with Session(self._engine) as session, session.begin():
            who = "unknown" if row is None else row.login
            details = {"what": what, **({"locked": True} if row is not None and row.failures % TRIES == 0 else {})}
            self._audit.record(session, who, "unknown" if row is None else row.role, "sign_in_failed", who, details)

    def _succeed(self, session: Session, staff_id: int, pending: bool, how: str) -> SignedIn:
        """A session under a new token; the attempt that led to it was none that failed."""
        row = session.get_one(StaffRow, staff_id, with_for_update=True)
        row.failures = max(row.failures - 1, 0) if pending else 0
        row.locked_until = None
        at, token = self._clock(), secrets.token_urlsafe(32)
        self._sweep(session, at)
        kept = StaffSessionRow(token=self._hash(token), staff_id=row.id, pending=pending, began_at=at, seen_at=at)
        session.add(kept)
        session.flush()
        if not pending:
            self._audit.record(session, row.login, row.role, "signed_in", row.login, {"how": how})
        return SignedIn(kept.id, token, as_staff(row), pending)

    def _sweep(self, session: Session, at: datetime) -> None:
        over = or_(StaffSessionRow.seen_at <= at - IDLE, StaffSessionRow.began_at <= at - LONGEST)
        session.execute(delete(StaffSessionRow).where(over))

    def _hash(self, token: str) -> str:
        return self._ring.hash(token, "staff session")


def _lasting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    pending = StaffSessionRow.pending.is_(False) | (StaffSessionRow.began_at > at - FOR_THE_CODE)
    return (StaffSessionRow.seen_at > at - IDLE, StaffSessionRow.began_at > at - LONGEST, pending)

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
from casework.staff.passwords import WeakPassword
from casework.staff.second_factor import SecondFactor
from casework.staff.staff import Doer, Staff, StaffAccounts, as_staff
from casework.staff.tables import StaffRow, StaffSessionRow
from casework.store.cipher import KeyRing
from casework.store.database import now, reading

TRIES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FOR_THE_CODE = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last used, so that not every page writes."""
UNKNOWN = "unknown"


class NotSignedIn(Exception):
    """Refused; it is not said why, so that nobody learns which logins there are."""


@dataclass(frozen=True)
class SignedIn:
    """A session; ``token`` is for the browser alone.  While ``pending`` it waits for a code and opens nothing."""

    session: int
    token: str
    staff: Staff
    pending: bool


@dataclass(frozen=True)
class _Attempt:
    """``row``: the account as it was found, if there is one; ``allowed``: unless it is locked or inactive."""

    row: StaffRow | None
    allowed: bool

    @property
    def hashed(self) -> str | None:
        return self.row.password_hash if self.row is not None and self.allowed else None


class SignIns:
    """Every method is one transaction, or several around the slow look at a password."""

    def __init__(
        self,
        engine: Engine,
        ring: KeyRing,
        audit: Audit,
        accounts: StaffAccounts,
        second_factor: SecondFactor,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._engine = engine
        self._ring = ring
        self._audit = audit
        self._accounts = accounts
        self._second_factor = second_factor
        self._clock = clock

    def with_password(self, login: str, password: str) -> SignedIn:
        """A session, pending if a code is wanted too.  :class:`NotSignedIn`, as slowly whatever was wrong."""
        row = self._check_password(StaffRow.login == login.strip().lower(), password)
        with Session(self._engine) as session, session.begin():
            return self._open(session, row.id, "password", pending=row.totp_on)

    def with_code(self, pending: SignedIn, code: str) -> SignedIn:
        """A new session in the place of the pending one, which a wrong code leaves.  :class:`NotSignedIn`."""
        attempt = self._begin(StaffRow.id == pending.staff.id)
        with Session(self._engine) as session, session.begin():
            row = session.get_one(StaffRow, pending.staff.id, with_for_update=True)
            if attempt.allowed and pending.pending and row.totp_on and self._second_factor.take(row, code):
                self._close(session, pending)
                return self._open(session, row.id, "code")
        self._note_failure(attempt, "code")
        raise NotSignedIn

    def by_provider(self, login: str) -> SignedIn:
        """For who has proved himself to the OpenID provider.  :class:`NotSignedIn` if the staff has no such login."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(StaffRow).where(StaffRow.login == login.lower(), StaffRow.active))
            if row is not None:
                return self._open(session, row.id, "openid")
        self._note_failure(_Attempt(None, False), "openid")
        raise NotSignedIn

    def change_password(self, signed_in: SignedIn, old: str, new: str) -> SignedIn:
        """A new session; all others end.  :class:`NotSignedIn` if ``old`` is wrong; WeakPassword."""
        self._check_password(StaffRow.id == signed_in.staff.id, old)
        if new == old:
            raise WeakPassword("新密码要和原来的不同。")
        staff = signed_in.staff
        self._accounts.set_password(staff.id, new, Doer(staff.login, staff.role))
        with Session(self._engine) as session, session.begin():
            return self._open(session, staff.id, "new password")

    def confirm(self, signed_in: SignedIn, password: str) -> None:
        """That it is still the same person before the screen.  :class:`NotSignedIn`."""
        row = self._check_password(StaffRow.id == signed_in.staff.id, password)
        with Session(self._engine) as session, session.begin():
            self._forgive(session.get_one(StaffRow, row.id, with_for_update=True))

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
        if at - row.seen_at > SEEN_EVERY:
            with Session(self._engine) as session, session.begin():
                session.execute(update(StaffSessionRow).where(StaffSessionRow.id == row.id).values(seen_at=at))
        return SignedIn(row.id, token, as_staff(staff), row.pending)

    def sign_out(self, signed_in: SignedIn) -> None:
        with Session(self._engine) as session, session.begin():
            self._close(session, signed_in)
            staff = signed_in.staff
            self._audit.record(session, staff.login, staff.role, "signed_out", staff.login, {})

    def drop(self, signed_in: SignedIn) -> None:
        """Ends a session in whose place another has come."""
        with Session(self._engine) as session, session.begin():
            self._close(session, signed_in)

    def locked(self) -> set[int]:
        """Whose accounts are locked out at the moment, by their ids."""
        with reading(self._engine) as session:
            return set(session.scalars(select(StaffRow.id).where(StaffRow.locked_until > self._clock())))

    def _check_password(self, who: ColumnElement[bool], password: str) -> StaffRow:
        attempt = self._begin(who)
        if self._accounts.passwords.matches(password, attempt.hashed) and attempt.row is not None:
            return attempt.row
        self._note_failure(attempt, "password")
        raise NotSignedIn

    def _begin(self, who: ColumnElement[bool]) -> _Attempt:
        """Counts the attempt, where one is allowed."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            row = session.scalar(select(StaffRow).where(who).with_for_update())
            if row is None or not row.active or (row.locked_until and row.locked_until > self._clock()):
                return _Attempt(row, False)
            row.failures += 1
            if row.failures % TRIES == 0:
                wait = min(FIRST_LOCK * 2 ** min(row.failures // TRIES - 1, 10), LONGEST_LOCK)
                row.locked_until = self._clock() + wait
            return _Attempt(row, True)

    def _note_failure(self, attempt: _Attempt, what: str) -> None:
        """A login that nobody has is not written down: it may be a password, typed into the wrong field."""
        row = attempt.row
        who, role = (UNKNOWN, UNKNOWN) if row is None else (row.login, row.role)
        locked = {"locked": True} if row is not None and row.locked_until is not None else {}
        with Session(self._engine) as session, session.begin():
            self._audit.record(session, who, role, "sign_in_failed", who, {"what": what, **locked})

    def _open(self, session: Session, staff_id: int, how: str, pending: bool = False) -> SignedIn:
        """A session under a new token; the attempt that led to it has not failed."""
        row = session.get_one(StaffRow, staff_id, with_for_update=True)
        self._forgive(row, complete=not pending)
        at, token = self._clock(), secrets.token_urlsafe(32)
        over = or_(StaffSessionRow.seen_at <= at - IDLE, StaffSessionRow.began_at <= at - LONGEST)
        session.execute(delete(StaffSessionRow).where(over))
        kept = StaffSessionRow(token=self._hash(token), staff_id=row.id, pending=pending, began_at=at, seen_at=at)
        session.add(kept)
        session.flush()
        if not pending:
            self._audit.record(session, row.login, row.role, "signed_in", row.login, {"how": how})
        return SignedIn(kept.id, token, as_staff(row), pending)

    def _forgive(self, row: StaffRow, complete: bool = False) -> None:
        """The attempt that was counted was right; all earlier ones are forgotten only with a complete sign-in."""
        row.failures = 0 if complete else max(row.failures - 1, 0)
        row.locked_until = None

    def _close(self, session: Session, signed_in: SignedIn) -> None:
        """By its token: SQLite gives the id of a row that is gone to the next one."""
        session.execute(delete(StaffSessionRow).where(StaffSessionRow.token == self._hash(signed_in.token)))

    def _hash(self, token: str) -> str:
        return self._ring.hash(token, "staff session")


def _lasting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    pending = StaffSessionRow.pending.is_(False) | (StaffSessionRow.began_at > at - FOR_THE_CODE)
    return (StaffSessionRow.seen_at > at - IDLE, StaffSessionRow.began_at > at - LONGEST, pending)

"""Codes by the clock (TOTP) as a second factor: set up with an app on a phone, asked for at sign-in."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pyotp
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.staff.staff import Doer, end_sessions
from casework.staff.tables import StaffRow
from casework.store.database import Sealed, context, now

ISSUER = "云就工作台"
STEPS = (0, -1, 1)
"""Clocks may be off by one step of thirty seconds."""


class WrongCode(Exception):
    """Not the code of this moment, or one that was used already."""


class Offer(NamedTuple):
    """What an app is set up with: the otpauth:// address of a QR code, or the secret typed in."""

    address: str
    secret: str


class SecondFactor:
    def __init__(self, engine: Engine, sealed: Sealed, audit: Audit, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._sealed = sealed
        self._audit = audit
        self._clock = clock

    def offer(self, staff_id: int) -> Offer:
        """The same until it is confirmed.  ValueError once it is on."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(StaffRow, staff_id, with_for_update=True)
            if row.totp_on:
                raise ValueError("the secret is shown only until it is confirmed")
            if row.totp is None:
                row.totp = self._sealed.close(pyotp.random_base32(), context("staff.totp", row.login))
            totp = self._totp(row)
            return Offer(totp.provisioning_uri(name=row.login, issuer_name=ISSUER), totp.secret)

    def turn_on(self, staff_id: int, code: str, this_session: int, by: Doer) -> None:
        """Ends the person's other sessions.  :class:`WrongCode`."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(StaffRow, staff_id, with_for_update=True)
            if row.totp is None or row.totp_on or not self.take(row, code):
                raise WrongCode
            row.totp_on = True
            end_sessions(session, staff_id, besides=this_session)
            self._audit.record(session, by.login, by.role, "second_factor_on", row.login, {})

    def turn_off(self, staff_id: int, by: Doer) -> None:
        with Session(self._engine) as session, session.begin():
            row = session.get_one(StaffRow, staff_id, with_for_update=True)
            row.totp, row.totp_on, row.totp_step = None, False, None
            self._audit.record(session, by.login, by.role, "second_factor_off", row.login, {})

    def take(self, row: StaffRow, code: str) -> bool:
        """Whether it is the code of this moment; it is used up.  The row is locked by the caller."""
        totp, given = self._totp(row), "".join(code.split())
        at = totp.timecode(self._clock().replace(tzinfo=UTC))
        for step in (at + each for each in STEPS):
            fresh = row.totp_step is None or step > row.totp_step
            if fresh and hmac.compare_digest(totp.generate_otp(step).encode(), given.encode()):
                row.totp_step = step
                return True
        return False

    def _totp(self, row: StaffRow) -> pyotp.TOTP:
        return pyotp.TOTP(self._sealed.open(row.totp or b"", context("staff.totp", row.login)))

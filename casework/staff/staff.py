"""The staff of the console: accounts with a role and areas.  Every change of one is in the audit log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Engine, Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.audit import Audit
from casework.staff.passwords import Passwords, one_time_password
from casework.staff.tables import StaffRow, StaffSessionRow
from casework.store.database import reading

Role = Literal["agent", "supervisor", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do all that those before it may."""
PROVINCE = "53"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,39}")
_AREA = re.compile(r"53(\d\d){0,2}")
LONGEST_NAME = 60


@dataclass(frozen=True)
class Staff:
    """``areas``: codes of places; what lies in one of them is seen."""

    id: int
    login: str
    name: str
    role: Role
    areas: tuple[str, ...]
    active: bool = True
    has_password: bool = True
    must_change: bool = False
    has_code: bool = False
    locked_until: datetime | None = None

    def may_act_as(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)

    def sees(self, county: str | None) -> bool:
        """What has no county is seen by all."""
        return county is None or any(county.startswith(area) for area in self.areas)


@dataclass(frozen=True)
class Doer:
    """Who changes an account, for the audit log."""

    login: str
    role: str


COMMAND_LINE = Doer("command line", "administrator")


class WrongStaff(Exception):
    """An account that cannot be so; the message says in Chinese why."""


class StaffAccounts:
    """Every method is one transaction."""

    def __init__(self, engine: Engine, audit: Audit, passwords: Passwords) -> None:
        self._engine = engine
        self._audit = audit
        self.passwords = passwords

    def all(self) -> list[Staff]:
        with reading(self._engine) as session:
            return [as_staff(row) for row in session.scalars(select(StaffRow).order_by(StaffRow.login))]

    def of(self, login: str) -> Staff | None:
        with reading(self._engine) as session:
            row = session.scalar(select(StaffRow).where(StaffRow.login == login.lower()))
            return None if row is None else as_staff(row)

    def get(self, staff_id: int) -> Staff | None:
        with reading(self._engine) as session:
            row = session.get(StaffRow, staff_id)
            return None if row is None else as_staff(row)

    def add(
        self,
        login: str,
        name: str,
        role: str,
        areas: Iterable[str],
        password: str | None,
        by: Doer,
        must_change: bool = False,
    ) -> Staff:
        """Without a password the sign-in is by OpenID Connect only.  Raises :class:`WrongStaff`, WeakPassword."""
        login = login.strip().lower()
        if not _LOGIN.fullmatch(login):
            raise WrongStaff("登录名要 2 到 40 个字符，只用小写字母、数字和 . _ @ -。")
        row = StaffRow(
            login=login,
            **_checked(name, role, areas),
            active=True,
            password_hash=None if password is None else self.passwords.hash(password, login),
            must_change=must_change,
            totp_on=False,
            failures=0,
        )
        try:
            with Session(self._engine) as session, session.begin():
                session.add(row)
                session.flush()
                staff = as_staff(row)
                self._record(session, by, "staff_added", login, {"role": role, "areas": list(staff.areas)})
        except IntegrityError:
            raise WrongStaff(f"登录名 {login} 已经有人用了。") from None
        return staff

    def change(self, staff_id: int, name: str, role: str, areas: Iterable[str], active: bool, by: Doer) -> Staff:
        """Who is no longer active, or gets another role, is signed out.  KeyError; :class:`WrongStaff`."""
        values = _checked(name, role, areas)
        with Session(self._engine) as session, session.begin():
            session.execute(_administrators().with_for_update())  # two could each take the other's role
            row = _locked(session, staff_id)
            before = as_staff(row)
            row.active = active
            for field, value in values.items():
                setattr(row, field, value)
            session.flush()
            if not session.execute(_administrators()).all():
                raise WrongStaff("至少要留一位在用的管理员。")
            after = as_staff(row)
            if not active or before.role != after.role:
                end_sessions(session, staff_id)
            self._record(session, by, "staff_changed", row.login, _changes(before, after))
        return after

    def set_password(self, staff_id: int, password: str, by: Doer, must_change: bool = False) -> None:
        """Ends every session and a lock-out.  KeyError; WeakPassword."""
        staff = self.get(staff_id)
        if staff is None:
            raise KeyError(staff_id)
        hashed = self.passwords.hash(password, staff.login)
        with Session(self._engine) as session, session.begin():
            row = _locked(session, staff_id)
            row.password_hash, row.must_change = hashed, must_change
            row.failures, row.locked_until = 0, None
            end_sessions(session, staff_id)
            self._record(session, by, "password_changed", row.login, {"one_time": must_change})

    def reset_password(self, staff_id: int, by: Doer) -> str:
        """A password for one sign-in, to be handed over in person; KeyError."""
        password = one_time_password()
        self.set_password(staff_id, password, by, must_change=True)
        return password

    def _record(self, session: Session, by: Doer, action: str, login: str, details: dict[str, Any]) -> None:
        self._audit.record(session, by.login, by.role, action, login, details)


def as_staff(row: StaffRow) -> Staff:
    return Staff(
        id=row.id,
        login=row.login,
        name=row.name,
        role=row.role,  # type: ignore[arg-type]  # checked before it was written
        areas=tuple(json.loads(row.areas)),
        active=row.active,
        has_password=row.password_hash is not None,
        must_change=row.must_change,
        has_code=row.totp_on,
        locked_until=row.locked_until,
    )


def end_sessions(session: Session, staff_id: int, besides: int | None = None) -> None:
    """All of the person's sessions, but for the one with the id ``besides``.  Joins the session."""
    ended = delete(StaffSessionRow).where(StaffSessionRow.staff_id == staff_id)
    session.execute(ended if besides is None else ended.where(StaffSessionRow.id != besides))


def _checked(name: str, role: str, areas: Iterable[str]) -> dict[str, str]:
    name, wanted = name.strip(), _shortest(areas)
    if not 0 < len(name) <= LONGEST_NAME:
        raise WrongStaff(f"请写姓名，最多 {LONGEST_NAME} 个字。")
    if role not in ROLES:
        raise WrongStaff("请选一个角色。")
    if not wanted or not all(_AREA.fullmatch(area) for area in wanted):
        raise WrongStaff("请至少选一个负责的地区。")
    return {"name": name, "role": role, "areas": json.dumps(wanted)}


def _changes(before: Staff, after: Staff) -> dict[str, Any]:
    """For the audit log, which keeps no names."""
    changes = {
        field: {"from": getattr(before, field), "to": getattr(after, field)}
        for field in ("role", "areas", "active")
        if getattr(before, field) != getattr(after, field)
    }
    return {**changes, **({"renamed": True} if before.name != after.name else {})}


def _shortest(areas: Iterable[str]) -> Sequence[str]:
    """Without those that lie within others of them."""
    given = sorted(set(areas))
    return [area for area in given if not any(area != other and area.startswith(other) for other in given)]


def _locked(session: Session, staff_id: int) -> StaffRow:
    row = session.get(StaffRow, staff_id, with_for_update=True)
    if row is None:
        raise KeyError(staff_id)
    return row


def _administrators() -> Select[Any]:
    return select(StaffRow.id).where(StaffRow.role == "administrator", StaffRow.active).order_by(StaffRow.id)

"""The tables of the console's staff: who may sign in, and who is signed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.database import Base, SealedColumn


class StaffRow(Base):
    """``areas``: JSON, codes of places.  ``totp``: the secret, which counts once ``totp_on``; ``totp_step``: the
    last time step whose code was taken, so that none is taken twice.  Without a password hash a sign-in is by
    OpenID Connect only."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(16))
    areas: Mapped[str] = mapped_column(Text())
    active: Mapped[bool]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    must_change: Mapped[bool]
    totp: Mapped[bytes | None] = mapped_column(SealedColumn("staff.totp", "login"))
    totp_on: Mapped[bool]
    totp_step: Mapped[int | None]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]


class StaffSessionRow(Base):
    """``token``: the keyed hash of what the browser holds.  ``pending``: the password was right, the code is to
    come; such a session opens nothing."""

    __tablename__ = "staff_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    pending: Mapped[bool]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]

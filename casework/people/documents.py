"""Files that people hand in, sealed with their names; what they are is told by their content."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import puremagic
from sqlalchemy import Engine, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.store.cipher import KeyRing
from casework.store.database import Base, Sealed, SealedColumn, context, now, reading

MOST_BYTES = 10 * 1024 * 1024
MEDIA_TYPES = {
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "image/webp": "image/webp",
    "image/heic": "image/heic",
    "image/heif": "image/heic",
    "application/pdf": "application/pdf",
}
"""What a file may be, by what the sniffer calls it."""


class WrongFile(Exception):
    """A file that is not taken; ``reason`` says in Chinese why, and what to send instead."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DocumentRow(Base):
    """``owner`` is the public id of the errand or case that the file goes with; ``details`` its name and type."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    owner: Mapped[str] = mapped_column(String(64), index=True)
    details: Mapped[bytes] = mapped_column(SealedColumn("document.details", "token"))
    content: Mapped[bytes] = mapped_column(SealedColumn("document.content", "token"), deferred=True)
    added: Mapped[datetime]


@dataclass(frozen=True)
class Document:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class DocumentLine:
    """A file in a list."""

    token: str
    name: str
    media_type: str
    added: datetime


class Documents:
    """Adding and reading are transactions of their own; the rest joins the caller's session."""

    def __init__(self, engine: Engine, ring: KeyRing, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._ring = ring
        self._sealed = Sealed(ring)
        self._clock = clock

    def add(self, owner: str, name: str, content: bytes) -> str:
        """Keeps a file; gives its token.  WrongFile unless it is a photo or a PDF of at most 10 MB."""
        details = {"name": name, "media_type": _media_type(content)}
        token = f"d_{secrets.token_urlsafe(15)}"
        row = DocumentRow(
            token=token,
            owner=owner,
            details=self._sealed.close(details, context("document.details", token)),
            content=self._ring.close(content, context("document.content", token)),
            added=self._clock(),
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)
        return token

    def get(self, token: str) -> Document:
        """KeyError if it is gone."""
        with reading(self._engine) as session:
            row = self._row(session, token)
            content = self._ring.open(row.content, context("document.content", token))
            return Document(**self._details(row), content=content)

    def name(self, token: str) -> str:
        """The name that the file came with; KeyError if it is gone."""
        with reading(self._engine) as session:
            return self._details(self._row(session, token))["name"]

    def of(self, owner: str) -> list[DocumentLine]:
        """The files that go with ``owner``, the oldest first; their contents are not read."""
        wanted = select(DocumentRow).where(DocumentRow.owner == owner).order_by(DocumentRow.id)
        with reading(self._engine) as session:
            return [DocumentLine(row.token, **self._details(row), added=row.added) for row in session.scalars(wanted)]

    def hand_over(self, session: Session, tokens: Iterable[str], owner: str) -> None:
        """The files now go with ``owner``.  Joins the session."""
        session.execute(update(DocumentRow).where(DocumentRow.token.in_(list(tokens))).values(owner=owner))

    def forget(self, session: Session, owner: str) -> int:
        """Deletes all files of ``owner``; gives how many they were.  Joins the session."""
        gone = session.execute(delete(DocumentRow).where(DocumentRow.owner == owner).returning(DocumentRow.id))
        return len(gone.all())

    def _row(self, session: Session, token: str) -> DocumentRow:
        row = session.scalar(select(DocumentRow).where(DocumentRow.token == token))
        if row is None:
            raise KeyError(token)
        return row

    def _details(self, row: DocumentRow) -> dict[str, str]:
        details: dict[str, str] = self._sealed.open(row.details, context("document.details", row.token))
        return details


def is_document(value: object) -> bool:
    """Whether ``value`` has the form of a document's token."""
    return isinstance(value, str) and value.startswith("d_") and len(value) == 22


def _media_type(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise WrongFile("文件太大了，最大 10 MB。拍照时选小一点的尺寸，或者分开发。")
    try:
        sniffed = puremagic.magic_string(content)[0].mime_type
    except (puremagic.PureError, ValueError, IndexError):
        sniffed = ""
    if sniffed not in MEDIA_TYPES:
        raise WrongFile("这个文件打不开。请发照片（JPG、PNG、WebP、HEIC）或者 PDF。")
    return MEDIA_TYPES[sniffed]

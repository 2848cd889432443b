"""Documents: taken by what they are, not by what they are called; sealed, handed over, forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from casework.people.documents import MOST_BYTES, DocumentRow, Documents, WrongFile, is_document
from casework.store.cipher import CannotOpen, KeyRing
from tests.casework.conftest import Clock

FILES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "application/pdf": b"%PDF-1.7\n",
}
MARK = b"marked content of a file"


@pytest.fixture
def documents(database: Engine, ring: KeyRing, clock: Clock) -> Documents:
    return Documents(database, ring, clock)


@pytest.mark.parametrize("media_type", FILES)
def test_photos_and_pdf_are_taken_and_stand_nowhere_in_plain(
    documents: Documents, everything: Callable[[], bytes], media_type: str
) -> None:
    content = FILES[media_type] + MARK
    token = documents.add("errand", "李四的身份证.exe", content)
    assert is_document(token)
    kept = documents.get(token)
    assert (kept.name, kept.media_type, kept.content) == ("李四的身份证.exe", media_type, content)
    assert documents.name(token) == "李四的身份证.exe"
    assert token.encode() in everything()
    assert MARK not in everything()
    assert "李四".encode() not in everything()


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"MZ" + bytes(60), b"<html><script></script></html>", b"PK\x03\x04"]
)
def test_what_is_no_photo_is_refused_whatever_its_name(documents: Documents, content: bytes) -> None:
    with pytest.raises(WrongFile, match="请发照片"):
        documents.add("errand", "photo.jpg", content)


def test_ten_megabytes_are_taken_and_a_byte_more_is_not(documents: Documents) -> None:
    largest = FILES["application/pdf"].ljust(MOST_BYTES, b"\x00")
    assert documents.get(documents.add("errand", "a.pdf", largest)).content == largest
    with pytest.raises(WrongFile, match="最大 10 MB") as refused:
        documents.add("errand", "a.pdf", largest + b"\x00")
    assert "太大" in refused.value.reason


def test_a_handed_over_document_outlives_its_first_owner(documents: Documents, database: Engine) -> None:
    filed = documents.add("errand", "a.pdf", FILES["application/pdf"])
    other = documents.add("errand", "b.pdf", FILES["application/pdf"])
    with Session(database) as session, session.begin():
        documents.hand_over(session, [filed], "case")
        assert documents.forget(session, "errand") == 1
    assert documents.get(filed).name == "a.pdf"
    with pytest.raises(KeyError):
        documents.get(other)


def test_content_moved_to_another_document_does_not_open(documents: Documents, database: Engine) -> None:
    mine = documents.add("errand", "a.pdf", FILES["application/pdf"] + b"mine")
    theirs = documents.add("errand", "a.pdf", FILES["application/pdf"] + b"theirs")
    with Session(database) as session, session.begin():
        stolen = session.scalar(select(DocumentRow.content).where(DocumentRow.token == theirs))
        session.execute(update(DocumentRow).where(DocumentRow.token == mine).values(content=stolen))
    with pytest.raises(CannotOpen):
        documents.get(mine)

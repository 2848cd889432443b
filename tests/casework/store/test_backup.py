"""The drill: back up under load, lose everything, restore; nothing acknowledged before the backup is missing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from casework.conversations.log import PERSON, ConversationLog
from casework.store.backup import BackupRefused, back_up, restore
from casework.store.cipher import KeyRing
from casework.store.database import Sealed, open_database
from tests.casework.conftest import HASH_SECRET


@pytest.fixture
def new_place(database: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """The URL of an empty database of the same kind."""
    if database.dialect.name == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/restored.db"
    server = request.getfixturevalue("postgres")
    return lambda: server.url(server.new_database()).render_as_string()


def url_of(database: Engine) -> str:
    return database.url.render_as_string(hide_password=False)


def test_nothing_acknowledged_before_the_backup_is_missing(
    database: Engine, new_place: Callable[[], str], ring: KeyRing, tmp_path: Path
) -> None:
    log = ConversationLog(database, Sealed(ring), HASH_SECRET)
    key, file = log.key("someone"), tmp_path / "backup"
    acknowledged, enough, over = 0, threading.Event(), threading.Event()

    def talk() -> None:
        nonlocal acknowledged
        while not over.is_set():
            acknowledged = log.append(key, PERSON, f"第{acknowledged + 1}句", [])
            if acknowledged >= 30:
                enough.set()

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        assert enough.wait(20)
        before = acknowledged
        back_up(url_of(database), file)
    finally:
        over.set()
        talking.join()

    place = new_place()
    restore(place, file)
    restored = open_database(place)
    turns = ConversationLog(restored, Sealed(ring), HASH_SECRET).after(key, 0, most=100_000)
    restored.dispose()
    assert before <= len(turns) <= acknowledged
    assert [turn.text for turn in turns] == [f"第{number}句" for number in range(1, len(turns) + 1)]
    assert "第1句".encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_overwrites_neither_a_file_nor_a_database(database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    back_up(url_of(database), file)
    with pytest.raises(BackupRefused, match="already"):
        back_up(url_of(database), file)
    with pytest.raises(BackupRefused, match="tables"):
        restore(url_of(database), file)


def test_what_is_no_backup_is_refused(database: Engine, new_place: Callable[[], str], tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(BackupRefused):
        restore(new_place(), file)

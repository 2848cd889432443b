"""Rotation: everything sealed anew, whatever table it stands in; broken off and gone on with; nothing lost."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, LargeBinary, Table, insert, select, text
from sqlalchemy.orm import Session

import casework.__main__ as housekeeping
from casework.conversations.log import PERSON, ConversationLog
from casework.people.documents import Documents
from casework.people.people import People
from casework.people.vault import Vault
from casework.store.cipher import CannotOpen, KeyRing
from casework.store.database import Base, Sealed, SealedColumn, all_tables, open_database, prepare
from casework.store.rotation import DATA_KEY, ROWS_AT_A_TIME, read_settings, reseal, rotate
from casework.store.rotation import HASH_SECRET as HASH_SECRET_NAME
from tests.casework.conftest import HASH_SECRET

ROOT = Path(__file__).parents[3]
PDF = b"%PDF-1.7\n" + bytes(40)


@pytest.fixture
def secrets_file(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.env"
    file.write_text(f"YUNJIU_ENGINE_TOKEN=token=with=signs\n{DATA_KEY}={KeyRing.generate()}\n")
    file.chmod(0o600)
    return file


def ring_of(file: Path) -> KeyRing:
    return KeyRing.parse(read_settings(file)[DATA_KEY], HASH_SECRET)


def fill(engine: Engine, ring: KeyRing, values: int) -> list[str]:
    """So many values in the vault; gives their tokens."""
    vault = Vault(engine, ring)
    with Session(engine) as session, session.begin():
        return [vault.put(session, "name", f"李{number}", "errand") for number in range(values)]


def test_what_was_kept_reads_the_same_and_the_old_key_is_gone(database: Engine, secrets_file: Path) -> None:
    old = ring_of(secrets_file)
    tokens = fill(database, old, 2 * ROWS_AT_A_TIME + 1)
    file = Documents(database, old).add("errand", "证明.pdf", PDF)
    ConversationLog(database, Sealed(old), "secret").append("key", PERSON, "厂子关了", [])
    person = People(database, Vault(database, old)).of("talk")
    with Session(database) as session, session.begin():
        People(database, Vault(database, old)).learn(session, person, {"children": (2, False)})
    done = rotate(database, secrets_file, HASH_SECRET)
    new = ring_of(secrets_file)
    assert done == (len(tokens) + 4, 0)
    assert read_settings(secrets_file)["YUNJIU_ENGINE_TOKEN"] == "token=with=signs"
    assert "," not in read_settings(secrets_file)[DATA_KEY]
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    assert [Vault(database, new).get(each) for each in tokens] == [f"李{number}" for number in range(len(tokens))]
    assert Documents(database, new).get(file).content == PDF
    assert ConversationLog(database, Sealed(new), "secret").history("key")[0].text == "厂子关了"
    assert People(database, Vault(database, new)).profile(person)["children"].value == 2
    with pytest.raises(CannotOpen):
        Vault(database, old).get(tokens[0])


def test_a_rotation_that_was_broken_off_goes_on(database: Engine, secrets_file: Path) -> None:
    old_key = read_settings(secrets_file)[DATA_KEY]
    before = fill(database, ring_of(secrets_file), 3)
    new_key = KeyRing.generate()
    secrets_file.write_text(f"{DATA_KEY}={new_key},{old_key}\n")
    after = fill(database, ring_of(secrets_file), 2)
    assert rotate(database, secrets_file, HASH_SECRET) == (3, 0)
    assert read_settings(secrets_file)[DATA_KEY] == new_key
    vault = Vault(database, ring_of(secrets_file))
    assert [vault.get(each) for each in before + after] == ["李0", "李1", "李2", "李0", "李1"]


def test_no_key_goes_while_something_cannot_be_read(database: Engine, secrets_file: Path) -> None:
    stranger = KeyRing.parse(KeyRing.generate(), HASH_SECRET)
    lost = fill(database, stranger, 1)
    kept = fill(database, ring_of(secrets_file), 1)
    assert rotate(database, secrets_file, HASH_SECRET) == (1, 1)
    assert read_settings(secrets_file)[DATA_KEY].count(",") == 1
    assert Vault(database, ring_of(secrets_file)).get(kept[0]) == "李0"
    assert Vault(database, stranger).get(lost[0]) == "李0"


def _row(table: Table, ring: KeyRing) -> dict[str, Any]:
    """A row with something of the right type in every column, and sealed where it should be."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if isinstance(column.type, SealedColumn):
            continue
        kind = column.type.python_type
        row[column.name] = 1 if kind in (int, bool) else "x" if kind is str else None
        if row[column.name] is None and not column.nullable:
            row[column.name] = b"" if isinstance(column.type, LargeBinary) else kind(2026, 11, 23)
    for column in table.columns:
        if isinstance(column.type, SealedColumn):
            row[column.name] = ring.close(column.name.encode(), column.type.context(row))
    return row


def test_every_sealed_column_of_every_table_is_sealed_anew(tmp_path: Path) -> None:
    """On SQLite without foreign keys, so that a row of each table can stand alone."""
    engine = open_database(f"sqlite:///{tmp_path}/all.db")
    tables = all_tables().sorted_tables
    Base.metadata.create_all(engine)
    old_key, new_key = KeyRing.generate(), KeyRing.generate()
    old, both = KeyRing.parse(old_key, HASH_SECRET), KeyRing.parse(f"{new_key},{old_key}", HASH_SECRET)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        for table in tables:
            connection.execute(insert(table).values(_row(table, old)))
        connection.commit()
    sealed = [column for table in tables for column in table.columns if isinstance(column.type, SealedColumn)]
    assert len(sealed) > 5
    assert reseal(engine, both) == (len(sealed), 0)
    with engine.connect() as connection:
        for column in sealed:
            assert both.is_current(connection.scalar(select(column)))
    engine.dispose()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YUNJIU_")}
    command = [sys.executable, "-m", "casework", *arguments]
    return subprocess.run(command, cwd=ROOT, env=inherited | environment, capture_output=True, text=True)


def test_the_command_makes_tables(empty_url: str) -> None:
    done = run("migrate", YUNJIU_DATABASE_URL=empty_url)
    assert (done.returncode, done.stdout) == (0, "the tables are up to date\n")
    engine = open_database(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM vault")) == 0
    engine.dispose()


def test_the_command_rotates_the_key_of_the_secrets_file(
    empty_url: str, secrets_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets_file.write_text(f"{secrets_file.read_text()}{HASH_SECRET_NAME}={HASH_SECRET}\n")
    engine = open_database(empty_url)
    prepare(engine)
    token = fill(engine, ring_of(secrets_file), 1)[0]
    monkeypatch.setattr(housekeeping, "SECRETS", secrets_file)
    monkeypatch.setenv("YUNJIU_DATABASE_URL", empty_url)
    monkeypatch.delenv(DATA_KEY, raising=False)
    before = read_settings(secrets_file)[DATA_KEY]
    housekeeping.main(["rotate-key"])
    assert capsys.readouterr().out == "1 values sealed anew; the old key is gone\n"
    assert read_settings(secrets_file)[DATA_KEY] != before
    assert Vault(engine, ring_of(secrets_file)).get(token) == "李0"
    engine.dispose()


def test_the_command_does_not_rotate_a_key_that_it_cannot_replace(empty_url: str) -> None:
    key = KeyRing.generate()
    done = run("rotate-key", YUNJIU_DATABASE_URL=empty_url, YUNJIU_DATA_KEY=key)
    assert done.returncode == 1
    assert "unset it there" in done.stderr
    assert key not in done.stderr

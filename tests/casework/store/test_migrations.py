"""Migrations: they lead to the tables that the code wants, from nothing and from what came before them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from casework.conversations.log import PERSON, ConversationLog
from casework.people.people import People
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from casework.store.database import (
    FIRST_REVISION,
    Sealed,
    all_tables,
    context,
    migrations,
    now,
    open_database,
    prepare,
)
from tests.casework.conftest import HASH_SECRET

ROOT = Path(__file__).parents[3]
PREPARE = "import sys; from casework.store.database import open_database, prepare; prepare(open_database(sys.argv[1]))"


def differences(engine: Engine) -> list[object]:
    """What a new migration would have to do."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, all_tables()))


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    engine = open_database("sqlite://")
    with engine.connect() as connection:
        return ScriptDirectory.from_config(migrations(connection)).get_current_head()


def test_an_empty_database_gets_what_the_code_wants(empty_url: str) -> None:
    engine = open_database(empty_url)
    prepare(engine)
    assert differences(engine) == []
    assert revision(engine) == head()
    prepare(engine)
    assert differences(engine) == []
    engine.dispose()


def test_the_comparison_sees_what_is_missing(empty_url: str) -> None:
    engine = open_database(empty_url)
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE errand DROP COLUMN subject"))
    assert len(differences(engine)) == 1
    engine.dispose()


def test_the_way_back_leaves_no_table_behind(empty_url: str) -> None:
    engine = open_database(empty_url)
    prepare(engine)
    with engine.begin() as connection:
        command.downgrade(migrations(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_database_from_before_migrations_keeps_what_it_has(empty_url: str, ring: KeyRing) -> None:
    engine = open_database(empty_url)
    sealed = Sealed(ring)
    log = ConversationLog(engine, sealed, HASH_SECRET)
    rows = {
        "INSERT INTO conversation (id, key, sender, last_seen) VALUES (1, :key, 'a sender', :at)": {
            "key": log.key("someone")
        },
        "INSERT INTO turn (conversation_id, sequence, author, body, at) VALUES (1, 1, 'person', :body, :at)": {
            "body": sealed.close({"text": "厂子关了", "messages": []}, context("turn.body", 1, 1))
        },
    }
    with engine.begin() as connection:
        command.upgrade(migrations(connection), FIRST_REVISION)
        connection.execute(text("DROP TABLE alembic_version"))
        for statement, values in rows.items():
            connection.execute(text(statement), {**values, "at": now()})
    prepare(engine)
    assert [each.text for each in log.history(log.key("someone"))] == ["厂子关了"]
    assert log.append(log.key("someone"), PERSON, "接着说", []) == 2
    assert differences(engine) == []
    assert revision(engine) == head()
    engine.dispose()


def test_a_migration_that_fails_leaves_everything_as_it_was(empty_url: str) -> None:
    engine = open_database(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE vault (id INTEGER PRIMARY KEY)"))  # in the way of a later step
    with pytest.raises(Exception, match="vault"):
        prepare(engine)
    assert inspect(engine).get_table_names() == ["vault"]
    engine.dispose()


def test_processes_that_prepare_at_once_all_succeed(empty_url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", PREPARE, empty_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [each.communicate()[1] for each in started]
    assert [each.returncode for each in started] == [0, 0, 0], said
    engine = open_database(empty_url)
    assert differences(engine) == []
    engine.dispose()


def test_a_prepared_database_works(empty_url: str, ring: KeyRing) -> None:
    engine = open_database(empty_url)
    prepare(engine)
    vault = Vault(engine, ring)
    person = People(engine, vault).of("talk")
    with Session(engine) as session, session.begin():
        token = vault.put(session, "name", "李四", person)
    assert vault.get(token) == "李四"
    engine.dispose()

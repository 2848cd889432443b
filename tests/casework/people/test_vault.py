"""The vault: nothing of a value outside it, no value in another's place, and forgetting that forgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from casework.people.vault import Vault, VaultRow, is_token
from casework.store.cipher import CannotOpen, KeyRing


def put(engine: Engine, vault: Vault, kind: str, value: str, owner: str = "errand") -> str:
    with Session(engine) as session, session.begin():
        return vault.put(session, kind, value, owner)


def test_a_value_comes_back_and_stands_nowhere_in_plain(
    database: Engine, ring: KeyRing, everything: Callable[[], bytes]
) -> None:
    vault = Vault(database, ring)
    token = put(database, vault, "identity", "530602199001011234")
    assert is_token(token)
    assert vault.get(token) == "530602199001011234"
    assert vault.kind(token) == "identity"
    assert token.encode() in everything()
    assert b"530602199001011234" not in everything()


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "李四", "李*"),
        ("name", "阿依古丽·买买提", "阿*******"),
        ("name", "李", "李*"),
        ("identity", "530602199001011234", "530602********1234"),
        ("identity", "12345", "****"),
        ("mobile", "13812345678", "138****5678"),
        ("bank_card", "6222021234561234", "****1234"),
        ("bank_card", "1234", "****"),
        ("address", "昆明市五华区人民中路1号", "昆明市五华区****"),
        ("address", "人民路", "****"),
        ("text", "anything else", "****"),
    ],
)
def test_what_is_shown_hides_most(database: Engine, ring: KeyRing, kind: str, value: str, shown: str) -> None:
    vault = Vault(database, ring)
    assert vault.shown(put(database, vault, kind, value)) == shown


def test_a_value_moved_to_another_row_does_not_open(database: Engine, ring: KeyRing) -> None:
    vault = Vault(database, ring)
    mine, theirs = put(database, vault, "name", "李四"), put(database, vault, "name", "王五")
    with Session(database) as session, session.begin():
        stolen = session.scalar(select(VaultRow.value).where(VaultRow.token == theirs))
        session.execute(update(VaultRow).where(VaultRow.token == mine).values(value=stolen))
    with pytest.raises(CannotOpen):
        vault.get(mine)


def test_handed_over_values_outlive_their_first_owner(database: Engine, ring: KeyRing) -> None:
    vault = Vault(database, ring)
    filed, other = put(database, vault, "name", "李四"), put(database, vault, "mobile", "13812345678")
    with Session(database) as session, session.begin():
        vault.hand_over(session, [filed], "case")
        assert vault.forget(session, "errand") == 1
    assert vault.get(filed) == "李四"
    with pytest.raises(KeyError):
        vault.get(other)


def test_what_is_undone_was_never_kept(database: Engine, ring: KeyRing) -> None:
    vault = Vault(database, ring)
    with Session(database) as session:
        token = vault.put(session, "name", "李四", "errand")
        session.rollback()
    with pytest.raises(KeyError):
        vault.shown(token)


def test_reading_does_not_wait_for_a_writer(database: Engine, ring: KeyRing) -> None:
    vault = Vault(database, ring)
    token = put(database, vault, "name", "李四")
    with Session(database) as session, session.begin():
        vault.put(session, "name", "王五", "person")
        assert vault.get(token) == "李四"

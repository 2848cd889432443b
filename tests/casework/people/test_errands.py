"""Errands: one at a time, none lost, taken up by whoever may, and gone with all that they held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from casework.people.documents import Documents
from casework.people.errands import WITHIN, WRONG_CODES, Errands
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from tests.casework.conftest import Clock

PDF = b"%PDF-1.7\n" + bytes(40)


@pytest.fixture
def vault(database: Engine, ring: KeyRing) -> Vault:
    return Vault(database, ring)


@pytest.fixture
def documents(database: Engine, ring: KeyRing, clock: Clock) -> Documents:
    return Documents(database, ring, clock)


@pytest.fixture
def errands(database: Engine, ring: KeyRing, vault: Vault, documents: Documents, clock: Clock) -> Errands:
    return Errands(database, Sealed(ring), vault, documents, clock)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def test_the_state_comes_back_and_stands_nowhere_in_plain(errands: Errands, everything: Callable[[], bytes]) -> None:
    begun = errands.begin("talk", "person", "filing", "unemployment-registration", {})
    errands.save(begun.id, {"answers": {"why": "marked-words 厂子关了"}})
    current = errands.current("talk")
    assert current is not None
    assert (current.id, current.kind, current.subject) == (begun.id, "filing", "unemployment-registration")
    assert current.state == {"answers": {"why": "marked-words 厂子关了"}}
    kept = everything()
    assert begun.id.encode() in kept
    assert b"marked-words" not in kept
    assert begun.resume_code.encode() not in kept


def test_beginning_another_sets_the_first_aside(errands: Errands, clock: Clock) -> None:
    first = errands.begin("talk", "person", "filing", "a", {"at": 1})
    assert errands.saved("person") == []
    clock.advance(timedelta(minutes=1))
    second = errands.begin("talk", "person", "guide", "b", {})
    assert errands.current("talk") == second
    assert errands.saved("person") == [first]
    assert [each.id for each in errands.of_person("person")] == [second.id, first.id]
    taken_up = errands.resume("talk", "person", first.id)
    assert taken_up.state == {"at": 1}
    assert errands.current("talk") == taken_up
    assert [each.id for each in errands.saved("person")] == [second.id]


def test_what_is_set_aside_is_not_current(errands: Errands) -> None:
    errands.set_aside("talk")
    begun = errands.begin("talk", "person", "check", "a", {})
    errands.set_aside("talk")
    assert errands.current("talk") is None
    assert errands.saved("person") == [begun]


def test_nobody_resumes_another_persons_errand_by_its_id(errands: Errands) -> None:
    theirs = errands.begin("talk", "person", "filing", "a", {})
    with pytest.raises(KeyError):
        errands.resume("elsewhere", "somebody else", theirs.id)
    assert errands.current("talk") == theirs


def test_a_code_brings_an_errand_to_another_channel(errands: Errands, vault: Vault, database: Engine) -> None:
    begun = errands.begin("phone", "person", "filing", "a", {})
    with Session(database) as session, session.begin():
        token = vault.put(session, "name", "李四", begun.id)
    errands.save(begun.id, {"name": token})
    assert len(begun.resume_code) == 8
    here = errands.resume_by_code("desk", "the same one", begun.resume_code)
    assert here is not None
    assert (here.id, here.person, here.state) == (begun.id, "the same one", {"name": token})
    assert vault.get(token) == "李四"
    assert errands.current("phone") is None
    assert errands.current("desk") == here
    assert errands.saved("person") == []


def test_guessing_codes_ends_soon_and_only_for_who_guesses(errands: Errands, clock: Clock) -> None:
    code = errands.begin("phone", "person", "filing", "a", {}).resume_code
    for _ in range(WRONG_CODES):
        assert errands.resume_by_code("guesser", "guesser", wrong(code)) is None
    assert errands.resume_by_code("guesser", "guesser", code) is None
    clock.advance(WITHIN - timedelta(seconds=1))
    assert errands.resume_by_code("guesser", "guesser", code) is None
    assert errands.resume_by_code("desk", "person", code) is not None
    clock.advance(timedelta(seconds=1))
    assert errands.resume_by_code("guesser", "guesser", code) is not None


def test_dropping_takes_values_and_documents_along(
    errands: Errands, vault: Vault, documents: Documents, database: Engine
) -> None:
    dropped, kept = errands.begin("a", "person", "filing", "a", {}), errands.begin("b", "person", "filing", "a", {})
    with Session(database) as session, session.begin():
        gone, stays = vault.put(session, "name", "李四", dropped.id), vault.put(session, "name", "王五", kept.id)
    file = documents.add(dropped.id, "证明.pdf", PDF)
    errands.drop(dropped.id)
    errands.drop(dropped.id)
    assert errands.current("a") is None
    assert vault.get(stays) == "王五"
    with pytest.raises(KeyError):
        vault.get(gone)
    with pytest.raises(KeyError):
        documents.get(file)
    with pytest.raises(KeyError):
        errands.save(dropped.id, {})


def test_only_what_nobody_touches_is_dropped_with_time(errands: Errands, clock: Clock) -> None:
    errands.begin("old", "person", "filing", "a", {})
    touched = errands.begin("touched", "person", "filing", "a", {})
    clock.advance(timedelta(days=20))
    errands.save(touched.id, {"more": True})
    clock.advance(timedelta(days=11))
    assert errands.drop_older_than(30) == 1
    assert [each.id for each in errands.of_person("person")] == [touched.id]

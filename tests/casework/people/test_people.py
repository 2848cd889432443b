"""People: who is who, what is known of them, what they may take along, and that forgetting leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from casework.cases.tables import CaseRow
from casework.people.consents import ConsentRow, Consents
from casework.people.documents import Documents
from casework.people.errands import Errands
from casework.people.people import People, PersonRow
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from tests.casework.conftest import Clock

PDF = b"%PDF-1.7\n" + bytes(40)
NAME, PHONE = "marked-name 李四", "13812345678"


class Room:
    """All that keeps something of a person."""

    def __init__(self, engine: Engine, ring: KeyRing, clock: Clock) -> None:
        self.engine = engine
        self.vault = Vault(engine, ring)
        self.documents = Documents(engine, ring, clock)
        self.people = People(engine, self.vault, clock)
        self.errands = Errands(engine, Sealed(ring), self.vault, self.documents, clock)
        self.consents = Consents(engine, Sealed(ring), clock)

    def learn(self, person: str, fact: str, value: Any, kind: str | None = None) -> Any:
        """Gives what the profile keeps: the token of a value of that kind, or the value itself."""
        with Session(self.engine) as session, session.begin():
            kept = self.vault.put(session, kind, value, person) if kind else value
            self.people.learn(session, person, {fact: (kept, kind is not None)})
        return kept

    def agree(self, person: str, application: str) -> int:
        with Session(self.engine) as session, session.begin():
            return self.consents.give(session, person, application, "2", "我同意。", "self")

    def forget(self, person: str) -> None:
        with Session(self.engine) as session, session.begin():
            self.people.forget(session, person)


@pytest.fixture
def room(database: Engine, ring: KeyRing, clock: Clock) -> Room:
    return Room(database, ring, clock)


def file_case(room: Room, consent: int, clock: Clock) -> None:
    case = CaseRow(
        reference="123456789012",
        public_id="c" * 32,
        errand="e" * 32,
        application="filed",
        status="filed",
        on_behalf="self",
        consent=consent,
        answers=b"",
        events=1,
        filed_at=clock(),
        filed_on=date(2026, 11, 23),
        due_provisional=False,
    )
    with Session(room.engine) as session, session.begin():
        session.add(case)


def test_a_conversation_has_one_person_and_another_has_another(room: Room) -> None:
    assert room.people.of("a") == room.people.of("a")
    assert room.people.of("a") != room.people.of("b")


def test_a_conversation_has_one_person_also_where_many_ask_at_once(room: Room) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(room.people.of, ["a"] * 16))) == 1
    with Session(room.engine) as session:
        assert len(session.scalars(select(PersonRow)).all()) == 1


def test_the_profile_keeps_what_was_learnt_and_when(room: Room, clock: Clock) -> None:
    person = room.people.of("a")
    assert room.people.profile(person) == {}
    token = room.learn(person, "name", NAME, "name")
    room.learn(person, "children", 2)
    profile = room.people.profile(person)
    assert {fact.id: (fact.value, fact.personal) for fact in profile.values()} == {
        "name": (token, True),
        "children": (2, False),
    }
    assert {(fact.source, fact.as_of) for fact in profile.values()} == {("said", clock())}


def test_a_new_value_replaces_the_old_one_in_profile_and_vault(room: Room, clock: Clock) -> None:
    person = room.people.of("a")
    old = room.learn(person, "mobile", PHONE, "mobile")
    clock.advance(timedelta(days=1))
    new = room.learn(person, "mobile", "13987654321", "mobile")
    fact = room.people.profile(person)["mobile"]
    assert (fact.value, fact.as_of) == (new, clock())
    assert room.vault.get(new) == "13987654321"
    with pytest.raises(KeyError):
        room.vault.get(old)


def test_the_same_token_learnt_again_stays(room: Room) -> None:
    person = room.people.of("a")
    token = room.learn(person, "mobile", PHONE, "mobile")
    with Session(room.engine) as session, session.begin():
        room.people.learn(session, person, {"mobile": (token, True)}, "verified")
    assert room.vault.get(token) == PHONE
    assert room.people.profile(person)["mobile"].source == "verified"


def test_one_fact_is_forgotten_with_its_value(room: Room) -> None:
    person = room.people.of("a")
    token = room.learn(person, "mobile", PHONE, "mobile")
    room.learn(person, "children", 2)
    room.people.forget_fact(person, "mobile")
    room.people.forget_fact(person, "mobile")
    assert list(room.people.profile(person)) == ["children"]
    with pytest.raises(KeyError):
        room.vault.get(token)


def test_nothing_is_learnt_of_somebody_unknown(room: Room) -> None:
    with pytest.raises(KeyError):
        room.learn("nobody", "children", 2)


def test_the_export_is_whole_and_plain(room: Room, clock: Clock) -> None:
    person = room.people.of("a")
    token = room.learn(person, "name", NAME, "name")
    errand = room.errands.begin("a", person, "filing", "unemployment-registration", {})
    file = room.documents.add(errand.id, "证明.pdf", PDF)
    room.errands.save(
        errand.id, {"answers": {"name": token, "files": [file], "why": "厂子关了", "gone": "v_" + "x" * 20}}
    )
    room.agree(person, "unemployment-registration")
    room.consents.withdraw(person, "unemployment-registration")
    moment = clock().isoformat()
    assert room.people.export(person) == {
        "profile": {"name": {"value": NAME, "source": "said", "as_of": moment}},
        "errands": [
            {
                "kind": "filing",
                "subject": "unemployment-registration",
                "state": {"answers": {"name": NAME, "files": ["证明.pdf"], "why": "厂子关了", "gone": None}},
            }
        ],
        "consents": [
            {
                "application": "unemployment-registration",
                "version": "2",
                "words": "我同意。",
                "on_behalf": "self",
                "given": moment,
                "withdrawn": moment,
            }
        ],
    }


def test_consents_end_once_and_for_one_application_only(room: Room) -> None:
    person = room.people.of("a")
    room.agree(person, "one")
    room.agree(person, "other")
    assert room.consents.withdraw(person, "one") == 1
    assert room.consents.withdraw(person, "one") == 0
    assert [(each.application, each.withdrawn is None) for each in room.consents.of(person)] == [
        ("one", False),
        ("other", True),
    ]


def test_forgetting_leaves_nothing_but_what_a_case_rests_on(
    room: Room, clock: Clock, everything: Callable[[], bytes]
) -> None:
    person, other = room.people.of("a"), room.people.of("b")
    gone = room.learn(person, "name", NAME, "name")
    stays = room.learn(other, "name", "王五", "name")
    errand = room.errands.begin("a", person, "filing", "x", {})
    file = room.documents.add(errand.id, "证明.pdf", PDF)
    dropped, filed = room.agree(person, "dropped"), room.agree(person, "filed")
    file_case(room, filed, clock)
    room.forget(person)
    kept = everything()
    assert person.encode() not in kept
    assert errand.id.encode() not in kept
    assert room.vault.get(stays) == "王五"
    for read in (lambda: room.vault.get(gone), lambda: room.documents.get(file)):
        with pytest.raises(KeyError):
            read()
    with Session(room.engine) as session:
        assert [(row.id, row.person) for row in session.scalars(select(ConsentRow))] == [(filed, None)]
    assert dropped != filed
    assert room.people.of("a") != person

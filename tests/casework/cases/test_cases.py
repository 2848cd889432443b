from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.cases.cases import CaseLine, Filing, NotAllowed, OpenCaseExists, Receipt
from casework.cases.lifecycle import TABLE, allowed
from casework.cases.reader import CaseReader
from casework.cases.tables import CaseEventRow, CaseRow
from casework.people.vault import VaultRow
from casework.store.cipher import KeyRing
from casework.store.database import Sealed, open_database
from casework.store.outbox import OutboxRow
from tests.casework.case_samples import APPLICATIONS, IDENTITY, MOBILE, NAME, Room

PERSON, OTHER = "p" * 32, "q" * 32


@pytest.fixture
def room(database: Engine, ring: KeyRing) -> Room:
    return Room.over(database, ring, datetime(2026, 9, 28, 2, 0))


def _act(room: Room, reference: str, action: str, role: str = "supervisor", **details: Any) -> str:
    by = PERSON if role == "applicant" else f"{role}-1"
    return room.cases.act(reference, action, role, by, details).status


def _count(room: Room, table: Any) -> int:
    with Session(room.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_filing_becomes_a_case_with_all_that_belongs_to_it(room: Room) -> None:
    filing = room.filing()
    receipt = room.cases.file(filing)
    view = room.cases.by_reference(receipt.reference)
    assert view is not None
    assert (view.status, view.filed_on, view.due_on) == ("filed", date(2026, 9, 28), date(2026, 10, 16))
    assert [event.kind for event in view.history] == ["filed"]
    assert set(view.may) == {"withdraw", "add_document", "remind"}
    assert (view.person, view.county, view.case, view.overdue) == (PERSON, "530102", receipt.case, False)
    with Session(room.engine) as session:
        assert set(session.scalars(select(VaultRow.owner))) == {receipt.case}
        outbox = session.scalars(select(OutboxRow)).one()
        assert (outbox.kind, outbox.stream) == ("case.filed", receipt.reference)
    assert [entry.action for entry in room.audit.about(receipt.reference)] == ["filed"]
    with Session(room.engine) as session, session.begin():
        assert room.documents.forget(session, receipt.case) == 1


def test_the_same_errand_confirmed_twenty_times_at_once_is_one_case(room: Room) -> None:
    filing = room.filing()
    with ThreadPoolExecutor(20) as pool:
        receipts = list(pool.map(lambda _: room.cases.file(filing), range(20)))
    assert len({(receipt.reference, receipt.case) for receipt in receipts}) == 1
    assert Counter(receipt.already_filed for receipt in receipts) == {False: 1, True: 19}
    assert (_count(room, CaseRow), _count(room, CaseEventRow), _count(room, OutboxRow)) == (1, 1, 1)


@pytest.mark.parametrize("between", [0, 1])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # a SQLite file lets nobody in between
def test_another_process_may_file_the_same_errand_between_two_queries(room: Room, ring: KeyRing, between: int) -> None:
    elsewhere = Room.over(open_database(room.engine.url.render_as_string()), ring, datetime(2026, 9, 28, 2, 0))
    filing = room.filing()
    queries = count()

    def overtake(*_: Any) -> None:
        if next(queries) == between:
            elsewhere.cases.file(filing)

    event.listen(room.engine, "after_cursor_execute", overtake)
    assert room.cases.file(filing) == elsewhere.cases.file(filing)
    assert _count(room, CaseRow) == 1


def _file_elsewhere(url: str, keys: str, filing: Filing) -> list[Receipt]:
    """Runs in a process of its own."""
    elsewhere = Room.over(open_database(url), KeyRing.parse(keys, "secret"), datetime(2026, 9, 28, 2, 0))
    return [elsewhere.cases.file(filing) for _ in range(5)]


def test_the_same_errand_in_several_processes_is_one_case(database: Engine) -> None:
    keys = KeyRing.generate()
    room = Room.over(database, KeyRing.parse(keys, "secret"), datetime(2026, 9, 28, 2, 0))
    filing = room.filing()
    work = [(database.url.render_as_string(hide_password=False), keys, filing)] * 4
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        receipts = [receipt for found in pool.map(_file_elsewhere, *zip(*work, strict=True)) for receipt in found]
    assert len({receipt.reference for receipt in receipts}) == 1
    assert sum(not receipt.already_filed for receipt in receipts) == 1
    assert _count(room, CaseRow) == 1


def test_twenty_errands_of_one_applicant_at_once_are_one_case(room: Room) -> None:
    filings = [room.filing() for _ in range(20)]

    def file(filing: Filing) -> Receipt | str:
        try:
            return room.cases.file(filing)
        except OpenCaseExists as found:
            return found.reference

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(file, filings))
    (receipt,) = [result for result in results if isinstance(result, Receipt)]
    assert [result for result in results if isinstance(result, str)] == [receipt.reference] * 19
    assert _count(room, CaseRow) == 1


def test_the_database_itself_refuses_a_second_open_case(room: Room) -> None:
    room.file()
    with Session(room.engine) as session:
        first = session.scalars(select(CaseRow)).one()
        copied = {
            column.name: getattr(first, column.name) for column in CaseRow.__table__.columns if column.name != "id"
        }
        session.add(CaseRow(**{**copied, "reference": "0" * 12, "public_id": "x", "errand": "y"}))
        with pytest.raises(IntegrityError):
            session.flush()


def test_an_open_case_is_named_to_the_same_person_only(room: Room) -> None:
    reference = room.file().reference
    with pytest.raises(OpenCaseExists) as mine:
        room.file(identity=IDENTITY.lower() + " ")
    assert (mine.value.reference, mine.value.same_person) == (reference, True)
    with pytest.raises(OpenCaseExists) as others:
        room.file(person=OTHER)
    assert (others.value.reference, others.value.same_person) == ("", False)
    assert reference not in str(mine.value) and IDENTITY not in str(mine.value)
    assert room.cases.open_case("untimed", IDENTITY, PERSON) is None
    found = room.cases.open_case("timed", IDENTITY, PERSON)
    assert found is not None and found.reference == reference


def test_what_is_no_longer_open_may_be_filed_again_and_then_not_appealed(room: Room) -> None:
    first = room.file().reference
    _act(room, first, "accept")
    _act(room, first, "refuse", reason="缺社保记录")
    room.file()
    with pytest.raises(NotAllowed, match="还有一件"):
        _act(room, first, "appeal", "applicant")
    view = room.cases.by_reference(first)
    assert view is not None and view.status == "refused"


def test_without_a_number_to_know_them_by_anybody_files_again(room: Room) -> None:
    assert room.file(identity=None).reference != room.file(identity=None).reference


@pytest.mark.parametrize(
    "answers",
    [{"name": NAME}, {"photo": "照片"}, {"mobile": [MOBILE]}, {"id_number": {"number": IDENTITY}}, {"x": NAME}],
)
def test_a_personal_answer_that_is_not_in_the_vault_is_refused_without_repeating_it(
    room: Room, answers: dict[str, Any]
) -> None:
    with pytest.raises(ValueError) as refused:
        room.cases.file(replace(room.filing(), answers=answers))
    assert not any(value in str(refused.value) for value in (NAME, IDENTITY, MOBILE))
    assert _count(room, CaseRow) == 0


def test_a_vault_token_is_no_county(room: Room) -> None:
    filing = room.filing()
    with pytest.raises(ValueError, match="place code"):
        room.cases.file(replace(filing, county=filing.answers["name"]))


def test_the_time_limit_crosses_national_day_and_stops_while_the_applicant_is_awaited(room: Room) -> None:
    reference = room.file().reference  # Monday 28 September: ten working days
    room.clock.moment = datetime(2026, 9, 30, 2, 0)  # two are used
    _act(room, reference, "return", missing="社保缴费记录")
    view = room.cases.by_reference(reference)
    assert view is not None and (view.due_on, view.overdue, view.missing) == (None, False, "社保缴费记录")
    assert room.cases.breaches(date(2027, 6, 1)) == []
    room.clock.moment = datetime(2026, 10, 9, 2, 0)
    assert _act(room, reference, "complete", "applicant") == "completed"
    view = room.cases.by_reference(reference)  # eight left: 10 (make-up Saturday), 12 to 16, 19, 20 October
    assert view is not None and (view.due_on, view.missing) == (date(2026, 10, 20), None)


def test_days_that_were_used_before_are_not_given_back(room: Room) -> None:
    reference = room.file().reference
    for month, day, action in ((9, 30, "return"), (10, 9, "complete"), (10, 12, "return"), (10, 19, "complete")):
        room.clock.moment = datetime(2026, month, day, 2, 0)
        _act(room, reference, action, missing="照片")
    view = room.cases.by_reference(reference)  # 2 + 2 used, 6 left after Monday 19 October
    assert view is not None and view.due_on == date(2026, 10, 27)


def test_what_is_due_soon_and_what_is_overdue(room: Room) -> None:
    reference = room.file().reference
    room.file(application="untimed")
    due = CaseLine(reference, "timed", "filed", "530102", date(2026, 10, 16))
    assert room.cases.due_soon(date(2026, 10, 13)) == []
    assert room.cases.due_soon(date(2026, 10, 14)) == room.cases.due_soon(date(2026, 10, 16)) == [due]
    assert room.cases.due_soon(date(2026, 10, 17)) == room.cases.breaches(date(2026, 10, 16)) == []
    assert room.cases.breaches(date(2026, 10, 17)) == [due]
    assert room.cases.breaches(date(2026, 10, 17), county="530103") == []
    room.clock.moment = datetime(2026, 10, 16, 16, 0)  # the 17th in China
    view = room.cases.by_reference(reference)
    assert view is not None and view.overdue
    _act(room, reference, "accept")
    _act(room, reference, "grant")
    assert room.cases.breaches(date(2026, 10, 17)) == []


def test_an_applicant_acts_on_their_own_case_only(room: Room) -> None:
    reference = room.file().reference
    with pytest.raises(NotAllowed):
        room.cases.act(reference, "withdraw", "applicant", OTHER, {})
    with pytest.raises(NotAllowed, match="没有找到"):
        room.cases.act("1", "withdraw", "applicant", PERSON, {})
    assert _act(room, reference, "withdraw", "applicant") == "withdrawn"


def test_of_many_decisions_at_once_one_counts(room: Room) -> None:
    reference = room.file().reference
    _act(room, reference, "accept")

    def decide(number: int) -> bool:
        try:
            _act(room, reference, "grant" if number % 2 else "refuse", reason="按规定")
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(decide, range(24))) == 1
    view = room.cases.by_reference(reference)
    assert view is not None and len(view.history) == 3


def test_many_documents_at_once_are_all_there(room: Room) -> None:
    reference = room.file().reference
    tokens = [room.documents.add(PERSON, "补.pdf", b"%PDF-1.4\n%%EOF") for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda token: _act(room, reference, "add_document", "applicant", documents=[token]), tokens))
    with Session(room.engine) as session:
        events = session.scalars(select(CaseEventRow.sequence).order_by(CaseEventRow.sequence)).all()
    assert list(events) == list(range(1, 14))


def test_completing_corrects_the_answers(room: Room) -> None:
    reference = room.file().reference
    _act(room, reference, "return", missing="工资期望写错了")
    _act(room, reference, "complete", "applicant", answers={"wanted_wage": 4200})
    answers = room.cases.answers(reference, "agent", "agent-1")
    assert (answers["wanted_wage"], answers["skills"]) == (4200, ["cook"])
    (line,) = room.ledger.ledger("530102", date(2026, 9, 28), date(2026, 9, 28))
    assert {fact.field: fact.value for fact in line.facts}["wanted_wage"] == 4200


def test_every_staff_read_and_act_is_on_record(room: Room) -> None:
    reference = room.file().reference
    room.cases.read(reference, "agent", "agent-7")
    room.cases.answers(reference, "supervisor", "boss")
    _act(room, reference, "accept", "agent")
    recorded = [(entry.actor, entry.role, entry.action) for entry in reversed(room.audit.about(reference))]
    assert recorded == [
        ("applicant", "applicant", "filed"),
        ("agent-7", "agent", "read"),
        ("boss", "supervisor", "read_answers"),
        ("agent-1", "agent", "accepted"),
    ]


def test_the_bureau_hears_of_every_change_but_its_own(room: Room) -> None:
    reference = room.file().reference
    _act(room, reference, "remind", "applicant")
    _act(room, reference, "accept", "bureau")
    _act(room, reference, "withdraw", "applicant")
    with Session(room.engine) as session:
        sent = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    assert [(row.key, row.kind) for row in sent] == [
        (f"{reference}:1", "case.filed"),
        (f"{reference}:2", "case.changed"),
        (f"{reference}:4", "case.changed"),
    ]


def test_a_forgotten_persons_cases_stay_without_them(room: Room, everything: Callable[[], bytes]) -> None:
    reference = room.file().reference
    _act(room, reference, "accept")
    room.file(person=OTHER, application="untimed")
    with Session(room.engine) as session, session.begin():
        assert room.cases.unlink(session, PERSON) == 1
    _act(room, reference, "grant")
    view = room.cases.by_reference(reference)
    assert view is not None and (view.person, view.status) == (None, "granted")
    assert room.cases.of_person(PERSON) == room.notifications.pending(PERSON) == []
    assert len(room.cases.of_person(OTHER)) == 1
    assert PERSON.encode() not in everything()


def test_no_byte_of_the_database_shows_a_personal_value(room: Room, everything: Callable[[], bytes]) -> None:
    reference = room.file().reference
    _act(room, reference, "return", missing=f"{NAME}的照片")
    _act(room, reference, "complete", "applicant")
    _act(room, reference, "refuse", reason=f"{NAME}（{IDENTITY}）已在别处登记，电话 {MOBILE}")
    kept = everything()
    assert reference.encode() in kept
    for value in (NAME, IDENTITY, MOBILE):
        assert value.encode() not in kept
        assert repr(value.encode())[2:-1].encode() not in kept


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_is_done_the_cache_is_the_fold(room: Room, ring: KeyRing, data: st.DataObject) -> None:
    room.clock.moment = datetime(2026, 9, 28, 2, 0)
    reference = room.file(identity=None, application=data.draw(st.sampled_from(sorted(APPLICATIONS)))).reference
    reader = CaseReader(Sealed(ring), APPLICATIONS, room.clock)
    status = "filed"
    document = room.documents.add(PERSON, "补.pdf", b"%PDF-1.4\n%%EOF")
    for _ in range(data.draw(st.integers(0, 8))):
        steps = [(role, action) for role in sorted(TABLE[status]) for action in allowed(status, role)]  # type: ignore[index,arg-type]
        if not steps:
            break
        role, action = data.draw(st.sampled_from(steps))
        room.clock.moment += timedelta(hours=data.draw(st.integers(0, 100)))
        status = _act(room, reference, action, role, missing="甲", reason="乙", documents=[document])
    with Session(room.engine) as session:
        case = session.scalars(select(CaseRow).where(CaseRow.reference == reference)).one()
        standing = reader.standing(session, case)
    assert case.status == standing.status == status
    assert case.due_on == (standing.due.day if standing.due else None)
    assert (case.due_on is not None) == (case.application == "timed" and status in ("filed", "accepted", "completed"))

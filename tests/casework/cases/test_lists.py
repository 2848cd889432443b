"""Lists of cases against the plain reading of what they promise; and that they are read from indexes."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from casework.cases.lifecycle import RUNNING, TABLE
from casework.cases.lists import Areas, CaseFilter, CaseLine, CaseLists, page_statement
from casework.cases.tables import CaseRow
from casework.store.cipher import KeyRing
from tests.casework.case_samples import IDENTITY, Room

TODAY = date(2026, 11, 23)
KINDS = ("unemployment-benefit", "startup-loan", "gig-market")
COUNTIES = ("530102", "530103", "530302", "5301", "532901", None)
AREAS: tuple[Areas, ...] = (None, ("53",), ("5301",), ("530102",), ("530102", "5303"), ("5301", "530103"), ())


def row(number: int, chance: random.Random) -> dict[str, Any]:
    day = TODAY - timedelta(days=chance.randrange(12))
    status = chance.choice(list(TABLE))
    county = chance.choice(COUNTIES)
    due = day + timedelta(days=chance.randrange(20)) if status in RUNNING and chance.random() < 0.8 else None
    return {
        "reference": f"{number:012}",
        "public_id": f"{number:032}",
        "errand": f"{number:032}",
        "person": f"{number % 7:032}",
        "application": chance.choice(KINDS),
        "status": status,
        "county": county,
        "prefecture": (county or "")[:4],
        "on_behalf": "self",
        "identity_hash": f"{number:064}",
        "consent": None,
        "answers": b"never opened",
        "events": 1,
        "filed_at": datetime(day.year, day.month, day.day),
        "filed_on": day,
        "working_days": None,
        "due_on": due,
        "due_provisional": False,
    }


def fill(engine: Engine, number: int, seed: int = 1) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    rows = [{**row(each, chance), "id": each} for each in range(1, number + 1)]
    with engine.begin() as connection:
        connection.execute(insert(CaseRow.__table__), rows)  # type: ignore[arg-type]
    return rows


def seen(areas: Areas, county: str | None) -> bool:
    return areas is None or county is None or any(county.startswith(area) for area in areas)


def expected(rows: list[dict[str, Any]], wanted: CaseFilter, areas: Areas) -> list[str]:
    """The filter read word by word."""

    def fits(row: dict[str, Any]) -> bool:
        due = row["due_on"]
        return (
            seen(areas, row["county"])
            and (not wanted.statuses or row["status"] in wanted.statuses)
            and (wanted.application is None or row["application"] == wanted.application)
            and (wanted.area is None or (row["county"] or "").startswith(wanted.area))
            and (wanted.filed_from is None or row["filed_on"] >= wanted.filed_from)
            and (wanted.filed_until is None or row["filed_on"] <= wanted.filed_until)
            and (wanted.due_from is None or (due is not None and due >= wanted.due_from))
            and (wanted.due_until is None or (due is not None and due <= wanted.due_until))
        )

    found = [row for row in rows if fits(row)]
    if wanted.by_due_day:
        return [row["reference"] for row in sorted(found, key=lambda row: (row["due_on"], row["id"]))]
    return [row["reference"] for row in sorted(found, key=lambda row: (row["filed_on"], row["id"]), reverse=True)]


def paged(lists: CaseLists, wanted: CaseFilter, areas: Areas, most: int) -> list[str]:
    found: list[CaseLine] = []
    after = None
    while True:
        page = lists.page(wanted, areas, after, most)
        assert len(page.lines) == most or page.after is None
        found += page.lines
        if (after := page.after) is None:
            return [line.reference for line in found]


STATUSES = ((), ("filed",), ("accepted", "returned", "closed"))
DUE = (
    {},
    {"due_until": TODAY - timedelta(days=1)},
    {"due_from": TODAY, "due_until": TODAY + timedelta(days=5)},
    {"filed_from": TODAY - timedelta(days=5), "filed_until": TODAY - timedelta(days=2)},
    {"filed_until": TODAY - timedelta(days=3), "due_from": TODAY - timedelta(days=2)},
)


def test_every_filter_finds_what_it_says_in_order_page_by_page(database: Engine) -> None:
    rows, lists = fill(database, 160), CaseLists(database)
    hits = 0
    for statuses, kind, days, area in product(STATUSES, (None, KINDS[0]), DUE, (None, "5301", "530102", "5329")):
        wanted = CaseFilter(statuses, kind, area, **days)  # type: ignore[arg-type]
        for areas in random.Random(repr(wanted)).sample(AREAS, 2):
            should = expected(rows, wanted, areas)
            assert paged(lists, wanted, areas, 8) == should, (wanted, areas)
            assert lists.count(wanted, areas).number == len(should)
            hits += bool(should)
    assert hits > 80


def test_a_count_stops_where_it_says(database: Engine) -> None:
    fill(database, 60)
    lists = CaseLists(database)
    assert (lists.count(CaseFilter(), most=59).number, lists.count(CaseFilter(), most=59).more) == (59, True)
    assert (lists.count(CaseFilter(), most=60).number, lists.count(CaseFilter(), most=60).more) == (60, False)


@pytest.mark.parametrize("wanted", [CaseFilter(), CaseFilter(due_until=TODAY + timedelta(days=30))])
def test_paging_misses_nothing_and_repeats_nothing_while_cases_are_filed(database: Engine, wanted: CaseFilter) -> None:
    rows, lists = fill(database, 120), CaseLists(database)
    there_before = expected(rows, wanted, None)
    found: list[str] = []
    after, chance = None, random.Random(3)
    for number in range(1000, 1100):
        page = lists.page(wanted, None, after, 10)
        found += [line.reference for line in page.lines]
        after = page.after
        if after is None:
            break
        with database.begin() as connection:
            late = {**row(number, chance), "id": number, "filed_on": TODAY, "due_on": TODAY + timedelta(days=25)}
            connection.execute(insert(CaseRow.__table__).values(late))  # type: ignore[arg-type]
    assert len(found) == len(set(found))
    assert [each for each in found if int(each) < 1000] == there_before


@pytest.mark.parametrize("after", ["", "1", "2026-11-23", "2026-13-23.4", "2026-11-23.4;", "2026-11-23.x", "٢" * 10])
def test_a_page_after_what_no_page_gave_is_refused(database: Engine, after: str) -> None:
    with pytest.raises(ValueError):
        CaseLists(database).page(CaseFilter(), None, after)


@pytest.mark.parametrize("areas", AREAS)
def test_one_case_is_found_by_those_who_may_see_it(database: Engine, ring: KeyRing, areas: Areas) -> None:
    room, lists = Room.over(database, ring, datetime(2026, 11, 23, 2)), CaseLists(database)
    for county in COUNTIES:
        reference = room.file(identity=None, county=county).reference
        spoken = f" {reference[:4]}-{reference[4:8]} {reference[8:]}"
        found = lists.find(spoken, areas)
        assert (found is not None) == seen(areas, county)
        assert found is None or (found.reference, found.county, found.events) == (reference, county, 1)
    assert lists.find("12", areas) is None
    assert lists.find("", areas) is None


def test_what_is_filed_lies_in_its_prefecture(database: Engine, ring: KeyRing) -> None:
    room, lists = Room.over(database, ring, datetime(2026, 11, 23, 2)), CaseLists(database)
    here = room.file(identity=None, county="532901").reference
    nowhere = room.file(identity=None, county=None).reference
    room.file(identity=None, county="530102")
    assert [line.reference for line in lists.page(CaseFilter(), ("5329",)).lines] == [nowhere, here]
    assert [line.reference for line in lists.page(CaseFilter(area="5329")).lines] == [here]


def test_people_are_found_by_the_number_of_their_cases_in_the_area(database: Engine, ring: KeyRing) -> None:
    room, lists = Room.over(database, ring, datetime(2026, 11, 23, 2)), CaseLists(database)
    room.file(person="a" * 32)
    room.file(person="a" * 32, application="untimed", county="530302")
    hashed = room.cases.identity_hash(IDENTITY)
    assert lists.people_of(hashed) == ["a" * 32]
    assert lists.people_of(hashed, ("5303",)) == ["a" * 32]
    assert lists.people_of(hashed, ("5329",)) == []
    assert lists.people_of(room.cases.identity_hash("530102198807151238")) == []
    with Session(database) as session, session.begin():
        room.cases.unlink(session, "a" * 32)
    assert lists.people_of(hashed) == []


PLANS = {
    "case_list ": (CaseFilter(("filed",)), None),
    "case_list_by_kind ": (CaseFilter(("closed",), KINDS[0]), None),
    "case_list_by_prefecture ": (CaseFilter(("filed",), area="5301"), None),
    "case_list_by_prefecture_and_kind ": (CaseFilter(("filed",), KINDS[0], "5301"), None),
    "case_list_by_county ": (CaseFilter(("filed",), area="530102"), None),
    "case_list_by_county_and_kind ": (CaseFilter(("filed",), KINDS[0], "530102"), None),
    "case_due_by_kind ": (CaseFilter(application=KINDS[0], due_until=TODAY), None),
    "case_due_by_prefecture ": (CaseFilter(("accepted",), area="5301", due_until=TODAY), None),
    "case_due_by_prefecture_and_kind ": (CaseFilter((), KINDS[0], "5301", due_until=TODAY), None),
    "case_due_by_county ": (CaseFilter(area="530102", due_until=TODAY), None),
    "ix_case_due_on ": (CaseFilter(("accepted",), due_until=TODAY), None),
}


@pytest.mark.parametrize("index", PLANS)
def test_a_stream_is_read_from_its_index_in_the_order_of_the_list(database: Engine, index: str) -> None:
    fill(database, 300)
    wanted, areas = PLANS[index]
    steps = plan(database, wanted, areas, after="2026-11-20.9")
    assert any(index in f"{step} " for step in steps), steps
    assert not any("SCAN case" in step or "Seq Scan" in step for step in steps), steps
    sorted_streams = [one for one, following in pairwise(steps) if "TEMP B-TREE" in following]
    assert not any(index in f"{step} " for step in sorted_streams), steps


def plan(engine: Engine, wanted: CaseFilter, areas: Areas, after: str | None) -> list[str]:
    statement = page_statement(wanted, areas, after, 51)
    assert statement is not None
    compiled = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN (COSTS OFF)" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # of a few rows it would read all, whatever indexes there are
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_sort = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        return [str(each[-1]) for each in connection.exec_driver_sql(f"{explain} {compiled}".replace("%", "%%"))]

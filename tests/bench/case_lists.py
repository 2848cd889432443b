"""Lists of cases at a million rows: `python -m tests.bench.case_lists [--rows N] [--plans] [sqlite] [postgresql]`.

Prints the median and the 95th percentile, in milliseconds, of the first and of a deep page and of the count, for
each filter.  Exits with 1 if a page is slower than :data:`LIMIT_MS` at the 95th percentile.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, text

import policy_kb
from casework.cases.lifecycle import RUNNING
from casework.cases.lists import PAGE, Areas, CaseFilter, CaseLists, page_statement
from casework.cases.tables import CaseRow
from casework.cases.working_days import add_working_days
from casework.store.database import open_database, prepare
from tests.casework.conftest import Postgres, postgres_binaries

LIMIT_MS = 50
TODAY = date(2026, 11, 23)
YEARS = 5
AT_A_TIME = 20_000
TURNS = 60
STATUSES = {"filed": 3, "accepted": 5, "returned": 2, "completed": 1, "appealed": 0.5, "closed": 65, "granted": 12}
STATUSES |= {"refused": 6, "withdrawn": 5.5}

AGENT, WIDE = ("530102",), ("5301", "5303", "532901")
FILTERS: dict[str, tuple[CaseFilter, Areas]] = {
    "everything": (CaseFilter(), None),
    "the province": (CaseFilter(), ("53",)),
    "an agent's county": (CaseFilter(), AGENT),
    "a prefecture": (CaseFilter(), ("5333",)),
    "two prefectures and a county": (CaseFilter(), WIDE),
    "to be accepted": (CaseFilter(("filed",)), None),
    "open in a prefecture": (CaseFilter(("filed", "accepted", "returned", "completed", "appealed")), ("5301",)),
    "a rare kind": (CaseFilter(application="temporary-relief"), None),
    "a rare kind in a county": (CaseFilter(application="temporary-relief"), ("533325",)),
    "a rare kind in a prefecture": (CaseFilter(application="temporary-relief"), ("5301",)),
    "a rare status of a rare kind": (CaseFilter(("appealed",), "temporary-relief"), WIDE),
    "filed four years ago": (CaseFilter(filed_from=date(2022, 11, 1), filed_until=date(2022, 11, 30)), WIDE),
    "nothing filed": (CaseFilter(filed_from=date(2020, 1, 1), filed_until=date(2020, 1, 31)), None),
    "overdue": (CaseFilter(due_until=TODAY - timedelta(days=1)), None),
    "overdue in a county": (CaseFilter(due_until=TODAY - timedelta(days=1)), ("533325",)),
    "overdue of a rare kind": (
        CaseFilter(application="temporary-relief", due_until=TODAY - timedelta(days=1)),
        ("5301",),
    ),
    "due within five days": (CaseFilter(due_from=TODAY, due_until=add_working_days(TODAY, 5).day), ("5301",)),
    "due and accepted": (CaseFilter(("accepted",), due_from=TODAY, due_until=add_working_days(TODAY, 2).day), None),
}


def rows(number: int) -> Iterator[dict[str, Any]]:
    """Invented cases of the last years, the same in every run; kinds and places are as uneven as they are."""
    chance = random.Random(5)
    knowledge = policy_kb.load()
    kinds = sorted(knowledge.applications)
    counties = [each.code for each in knowledge.places if len(each.code) == 6]
    crowded = [100 if each.startswith("5301") else 30 if each[2:4] in ("03", "06", "25") else 8 for each in counties]
    common = [1 if each == "temporary-relief" else 30 + 10 * (number % 5) for number, each in enumerate(kinds)]
    sealed = chance.randbytes(400)
    for each in range(number):
        day = TODAY - timedelta(days=YEARS * 365 * (number - each - 1) // number)
        status = chance.choices(list(STATUSES), list(STATUSES.values()))[0]
        county = None if chance.random() < 0.01 else chance.choices(counties, crowded)[0]
        due = day + timedelta(days=28) if status in RUNNING and chance.random() < 0.7 else None
        yield {
            "reference": f"{each:012}",
            "public_id": f"{each:032x}",
            "errand": f"{each:032x}",
            "person": f"{each // 3:032x}",
            "application": chance.choices(kinds, common)[0],
            "status": status,
            "county": county,
            "prefecture": (county or "")[:4],
            "on_behalf": "self",
            "identity_hash": f"{each:064x}",
            "consent": None,
            "answers": sealed,
            "events": 1,
            "filed_at": datetime(day.year, day.month, day.day, 2),
            "filed_on": day,
            "working_days": 20,
            "due_on": due,
            "due_provisional": False,
        }


def fill(engine: Engine, number: int) -> None:
    block: list[dict[str, Any]] = []
    with engine.begin() as connection:
        for row in rows(number):
            block.append(row)
            if len(block) == AT_A_TIME:
                connection.execute(insert(CaseRow.__table__), block)  # type: ignore[arg-type]
                block.clear()
        if block:
            connection.execute(insert(CaseRow.__table__), block)  # type: ignore[arg-type]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text('VACUUM ANALYZE "case"'))


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile, once the statement is known."""
    work()
    took = []
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def deep(lists: CaseLists, wanted: CaseFilter, areas: Areas, pages: int = 40) -> str | None:
    """Where a page far down begins."""
    after: str | None = None
    for _ in range(pages):
        following = lists.page(wanted, areas, after).after
        if following is None:
            break
        after = following
    return after


def measure(engine: Engine, plans: bool) -> bool:
    """Prints a line for each filter; whether all pages are fast enough."""
    lists, fast = CaseLists(engine), True
    print(f"\n{engine.dialect.name:32} first page p50/p95   deep page p50/p95   count p50/p95 (ms)")
    for name, (wanted, areas) in FILTERS.items():
        after = deep(lists, wanted, areas)
        first = milliseconds(lambda: lists.page(wanted, areas))  # noqa: B023
        later = milliseconds(lambda: lists.page(wanted, areas, after))  # noqa: B023
        count = milliseconds(lambda: lists.count(wanted, areas))  # noqa: B023
        fast = fast and max(first[1], later[1]) < LIMIT_MS
        print(f"{name:32}" + "".join(f"{half:12.1f} {most:6.1f}" for half, most in (first, later, count)))
        if plans:
            print("\n".join(f"    {line}" for line in plan(engine, wanted, areas)))
    return fast


def plan(engine: Engine, wanted: CaseFilter, areas: Areas) -> list[str]:
    """What the database says that it will do, a line for each step."""
    statement = page_statement(wanted, areas, None, PAGE + 1)
    assert statement is not None
    compiled = statement.compile(engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN (COSTS OFF)" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        return [str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {compiled}".replace("%", "%%"))]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Engine]:
    if kind == "sqlite":
        engine = open_database(f"sqlite:///{folder}/bench.db")
        yield engine
        engine.dispose()
        return
    server = Postgres(postgres_binaries(), folder)
    engine = open_database(server.url().render_as_string())
    yield engine
    engine.dispose()
    server.stop()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true", help="say what each database does")
    chosen = parser.parse_args(arguments)
    fast = True
    for kind in chosen.databases:
        with (
            tempfile.TemporaryDirectory(prefix="yunjiu-bench-", ignore_cleanup_errors=True) as folder,
            database(kind, Path(folder)) as engine,
        ):
            prepare(engine)
            began = time.perf_counter()
            fill(engine, chosen.rows)
            print(f"{kind}: {chosen.rows:,} cases in {time.perf_counter() - began:.0f} s", flush=True)
            fast = measure(engine, chosen.plans) and fast
    return 0 if fast else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

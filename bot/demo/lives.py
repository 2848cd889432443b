"""What happens to invented applications, by the same commands as with real ones, at invented moments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.filing import words
from actions.filing.judging import Judging
from actions.filing.state import Answer, FilingState, pending, skipping, with_answer
from actions.filing.submission import Submission
from bot.demo.people import PDF, PNG, Invented, answer
from casework.cases.lifecycle import NotAllowed
from casework.cases.working_days import local_day
from casework.desk import Desk
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField

STAFF = "demo"
MISSING = ("身份证反面的照片", "最近三个月的银行流水", "单位盖章的解除劳动合同证明", "就业失业登记证的照片")
REASONS = ("参加失业保险不满一年", "还在别的单位参保", "提交的证明对不上", "不在通知规定的人群里")
Life = Iterator[timedelta]
"""Yields how long until the next thing happens."""


@dataclass
class Clock:
    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Stage:
    """Where lives take place: ``desk`` and ``judging`` go by ``clock``."""

    desk: Desk
    knowledge: KnowledgeBase
    clock: Clock
    chance: random.Random
    judging: Judging

    def live(self, who: Invented, application: Application, sender: str) -> Life:
        """Files, and goes on for as long as chance has it."""
        reference = self._file(who, application, sender)
        if reference is None or self.chance.random() < 0.15:
            return
        yield self._days(1, 6)
        if self.chance.random() < 0.2:
            self._act(reference, "return", missing=self.chance.choice(MISSING))
            if self.chance.random() < 0.4:
                return
            yield self._days(2, 20)
            self._act(reference, "complete", "applicant", self.desk.people.of(sender))
            yield self._days(1, 4)
        self._act(reference, "accept")
        if self.chance.random() < 0.3:
            return
        yield self._days(3, 30)
        granted = self.chance.random() < 0.75
        self._act(reference, "grant") if granted else self._act(reference, "refuse", reason=self.chance.choice(REASONS))
        yield self._days(2, 20)
        if not granted and self.chance.random() < 0.3:
            self._act(reference, "appeal", "applicant", self.desk.people.of(sender), reason="请再看一看我的材料")
            return
        if self.chance.random() < 0.6:
            self._act(reference, "close")

    def _days(self, least: int, most: int) -> timedelta:
        return timedelta(days=self.chance.randint(least, most), minutes=self.chance.randrange(300))

    def _act(self, reference: str, action: str, role: str = "supervisor", by: str = STAFF, **details: str) -> None:
        try:
            self.desk.cases.act(reference, action, role, by, details)
        except NotAllowed:  # the same person has filed the same again meanwhile, say
            return

    def _file(self, who: Invented, application: Application, sender: str) -> str | None:
        """The reference; None where the same person has an open case of this kind."""
        person = self.desk.people.of(sender)
        state = FilingState("review", consent=self._consent(person, application))
        errand = self.desk.errands.begin(sender, person, "filing", application.id, state.as_dict())
        while (field := pending(application, state)) is not None:
            given = self._kept(errand.id, field, answer(who, field, self.chance, local_day(self.clock())))
            state = skipping(state, field.id) if given is None else with_answer(application, state, {field.id: given})
        verdict = self.judging.verdict(errand, application, state)
        judgement = self.judging.record(verdict) if verdict is not None else None
        heard = Submission(self.knowledge, self.desk).file(errand, application, state, judgement)
        self.desk.errands.drop(errand.id)
        return next((message.reference for message in heard.messages if message.kind == "filing_receipt"), None)

    def _kept(self, errand: str, field: ApplicationField, said: Answer | None) -> Answer | None:
        """Files and personal values go where the door would have put them."""
        if field.type == "file" and self.chance.random() < 0.6:
            name, content = self.chance.choice((("证明材料.pdf", PDF), ("照片.png", PNG)))
            token = self.desk.documents.add(errand, name, content)
            return Answer(token, name, token=True)
        if said is None or not field.personal:
            return said
        return replace(said, value=self.desk.keep(field.type, str(said.value), errand), shown="", token=True)

    def _consent(self, person: str, application: Application) -> int:
        return self.desk.give_consent(person, application, words.consent(application).text, "self")

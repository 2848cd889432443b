"""A filing on one page: an agent fills the same form for a caller, in whatever order the caller tells it.

The same readers, rules, consent and case as message by message (:mod:`actions.filing.conversation`); other is only
that all fields are there at once and that an agent, who is on record, types for the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from actions.errand import Heard
from actions.filing import words
from actions.filing.answers import Answers
from actions.filing.judging import Finding, Judging, brief, same
from actions.filing.state import Answer, FilingState, applies, from_dict, skipping, with_answer
from actions.filing.submission import Submission
from casework.desk import Desk
from casework.fields import Wrong
from casework.people.documents import WrongFile
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField
from policy_kb.reply import Message

READ_ALOUD = "以下的话由工作人员（{agent}）念给申请人听，申请人说同意。\n{words}"
MISSING = "这一项还没有填。"


@dataclass(frozen=True)
class Line:
    """A field as it stands on the page.  ``wrong``: what is wrong with what was typed, which is ``typed``."""

    field: ApplicationField
    asked: bool
    answer: Answer | None
    typed: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Sheet:
    """The page.  ``open_case``: the words where the same applicant's same application is under way."""

    errand: Errand
    application: Application
    state: FilingState
    lines: tuple[Line, ...]
    open_case: Message | None = None

    @property
    def complete(self) -> bool:
        return self.open_case is None and not any(line.wrong for line in self.lines)


class OnePage:
    """Serves all applications; holds nothing of any one filing."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._answers = Answers(knowledge, desk, today)
        self._submission = Submission(knowledge, desk)
        self._judging = Judging(knowledge, desk, today)

    def begin(self, conversation: str, person: str, kind: str) -> Errand:
        """``conversation``: where the errand is current, an agent's call.  KeyError for an unknown kind."""
        application = self._knowledge.applications[kind]
        current = self._desk.errands.current(conversation)
        if current is not None and current.subject == application.id:
            return current
        return self._desk.errands.begin(conversation, person, "filing", application.id, FilingState().as_dict())

    def consent_words(self, errand: Errand) -> str:
        """What has to be read to the person before anything is asked."""
        return words.consent(self._application(errand)).text

    def agree(
        self, errand: Errand, whose: Literal["self", "family"], agent: str, heard: Mapping[str, Any] | None = None
    ) -> None:
        """The person has said yes to the words; kept with who read them.  ``heard``: facts of the person as JSON,
        which answer fields where they can."""
        application = self._application(errand)
        read = READ_ALOUD.format(agent=agent, words=self.consent_words(errand))
        consent = self._desk.give_consent(errand.person, application, read, whose)
        state = FilingState(step="fields", on_behalf=whose, consent=consent)
        state = replace(state, began=brief(self._judging.verdict(errand, application, state)))
        if whose == "self":
            self._desk.learn(errand.person, heard or {})
            state = self._answers.reused(errand, application, state)
        self._desk.errands.save(errand.id, state.as_dict())

    def sheet(self, errand: Errand) -> Sheet:
        """As it stands, with nothing held against it yet."""
        return self._sheet(errand, from_dict(errand.state), {}, {})

    def take(self, errand: Errand, typed: Mapping[str, str]) -> Sheet:
        """Reads what was typed into some of the fields, by their ids; what is empty leaves an answer as it is."""
        application, state, wrong = self._application(errand), from_dict(errand.state), {}
        for field in application.fields:
            text = typed.get(field.id, "").strip()
            if not text or not applies(field, state) or _as_it_was(state.answers.get(field.id), text):
                continue
            answers = self._answers.typed(errand, application, field, text)
            if isinstance(answers, Wrong):
                wrong[field.id] = answers.message
            else:
                state = with_answer(application, state, answers)
        self._desk.errands.save(errand.id, state.as_dict())
        return self._sheet(errand, state, wrong, typed)

    def attach(self, conversation: str, field_id: str, name: str, content: bytes) -> str:
        """Keeps a file as the answer to a field of what is current; gives why it is not taken, empty where it is."""
        errand = self._desk.errands.current(conversation)
        if errand is None:
            raise KeyError(conversation)
        application = self._application(errand)
        field = application.field(field_id)
        try:
            token = self._desk.documents.add(errand.id, name, content)
        except WrongFile as error:
            return error.reason
        answers = self._answers.typed(errand, application, field, token)
        if isinstance(answers, Wrong):
            return answers.message
        state = with_answer(application, from_dict(errand.state), answers)
        self._desk.errands.save(errand.id, state.as_dict())
        return ""

    def review(self, errand: Errand, typed: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> Sheet:
        """As :meth:`take`; what is missing is wrong, and what is optional and empty is left out.

        ``wrong``: by field, what is wrong with files that came along.
        """
        sheet = self.take(errand, typed)
        lines_with = [replace(line, wrong=(wrong or {}).get(line.field.id, line.wrong)) for line in sheet.lines]
        state, lines = sheet.state, []
        for line in lines_with:
            empty = line.asked and line.answer is None and not line.wrong
            if empty and line.field.optional:
                state = skipping(state, line.field.id)
            lines.append(replace(line, wrong=MISSING) if empty and not line.field.optional else line)
        sheet = replace(sheet, state=state, lines=tuple(lines))
        if not sheet.complete:
            return sheet
        verdict = self._judging.verdict(errand, sheet.application, state)
        state = replace(state, step="review", reviewed=brief(verdict))
        self._desk.errands.save(errand.id, state.as_dict())
        return replace(sheet, state=state)

    def finding(self, errand: Errand) -> Finding | None:
        """What the person has to hear before it is sent."""
        return self._judging.finding(errand, self._application(errand), from_dict(errand.state))

    def change(self, errand: Errand) -> None:
        """Back from the review to the fields."""
        self._desk.errands.save(errand.id, replace(from_dict(errand.state), step="fields").as_dict())

    def file(self, errand: Errand, agent: str) -> Heard:
        """Once it was reviewed.  The errand is gone when it ends as finished or dropped; it goes on where the rules
        have changed since the review, or where something is still missing."""
        application, state = self._application(errand), from_dict(errand.state)
        verdict = self._judging.verdict(errand, application, state)
        if state.step != "review" or not same(brief(verdict), state.reviewed):
            self.change(errand)
            return Heard()
        judgement = self._judging.record(verdict) if verdict is not None else None
        heard = self._submission.file(errand, application, state, judgement, agent)
        if heard.ending == "go_on":
            self.change(errand)
        else:
            self._desk.errands.drop(errand.id)
        return heard

    def _application(self, errand: Errand) -> Application:
        return self._knowledge.applications[errand.subject]

    def _sheet(self, errand: Errand, state: FilingState, wrong: Mapping[str, str], typed: Mapping[str, str]) -> Sheet:
        application = self._application(errand)
        lines = tuple(_line(field, state, wrong, typed) for field in application.fields)
        told = self._submission.told_of_open(errand, application, state.answers)
        return Sheet(errand, application, state, lines, open_case=told)


def _line(field: ApplicationField, state: FilingState, wrong: Mapping[str, str], typed: Mapping[str, str]) -> Line:
    """What an identity number tells is asked only once it turned out not to."""
    answer = state.answers.get(field.id)
    told = (answer is not None and answer.told) or (field.told_by is not None and field.told_by not in state.answers)
    kept = typed.get(field.id, "") if field.id in wrong else ""
    return Line(field, applies(field, state) and not told, answer, kept, wrong.get(field.id, ""))


def _as_it_was(answer: Answer | None, text: str) -> bool:
    return answer is not None and not answer.token and text in (answer.shown, _choice(answer))


def _choice(answer: Answer) -> str:
    if isinstance(answer.value, bool):
        return "yes" if answer.value else "no"
    return answer.value if isinstance(answer.value, str) else ""

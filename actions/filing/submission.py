"""From a reviewed filing to a case: once, whatever is pressed twice or crashes in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from actions.errand import Heard
from actions.filing import words
from actions.filing.state import Answer, FilingState, answered, pending
from casework.cases.cases import Filing, OpenCaseExists
from casework.cases.judgements import Judgement
from casework.desk import Desk
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application
from policy_kb.reply import Message


class Submission:
    """Files what was reviewed, and tells of an open case instead of filing it again."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk) -> None:
        self._knowledge = knowledge
        self._desk = desk

    def told_of_open(self, errand: Errand, application: Application, answers: Mapping[str, Answer]) -> Message | None:
        """What is said where the same person's same application is still open; None where it is not."""
        identity = self._identity(application, answers)
        found = self._desk.cases.open_case(application.id, identity, errand.person) if identity else None
        if found is None:
            return None
        return words.already_open(application, found.reference if found.same_person else None)

    def file(
        self,
        errand: Errand,
        application: Application,
        state: FilingState,
        judgement: Judgement | None,
        agent: str | None = None,
    ) -> Heard:
        """``judgement``: what the rules say of it today; kept with the case.  ``agent``: who of the staff files it
        for the person, on the telephone say."""
        if pending(application, state) is not None:
            return Heard(state=replace(state, step="fields").as_dict())
        try:
            receipt = self._desk.cases.file(self._filing(errand, application, state, judgement, agent))
        except OpenCaseExists as error:
            told = words.already_open(application, error.reference if error.same_person else None)
            return Heard((told,), "dropped")
        if state.on_behalf == "self":
            self._desk.remember(errand.person, _facts(application, state))
        told = words.receipt(self._knowledge, application, receipt.reference, receipt.already_filed)
        return Heard((told,), "finished")

    def _filing(
        self,
        errand: Errand,
        application: Application,
        state: FilingState,
        judgement: Judgement | None,
        agent: str | None,
    ) -> Filing:
        return Filing(
            errand=errand.id,
            person=errand.person,
            application=application.id,
            on_behalf="agent" if agent else "family" if state.on_behalf == "family" else "self",
            answers={field.id: answer.value for field, answer in answered(application, state)},
            consent=state.consent,
            identity=self._identity(application, state.answers),
            county=next(
                (str(answer.value) for field, answer in answered(application, state) if field.type == "place"), None
            ),
            filed_by=agent or errand.person,
            judgement=judgement,
        )

    def _identity(self, application: Application, answers: Mapping[str, Answer]) -> str | None:
        answer = answers.get(application.identified_by or "")
        if answer is None:
            return None
        return self._desk.vault.get(str(answer.value)) if answer.token else str(answer.value)


def _facts(application: Application, state: FilingState) -> dict[str, tuple[object, bool]]:
    """What the person's profile learns: fact id → (value, whether it is a vault token)."""
    return {
        field.fact: (answer.value, answer.token)
        for field, answer in answered(application, state)
        if field.fact is not None and field.type != "file"
    }

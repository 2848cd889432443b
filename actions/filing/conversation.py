"""One filing, message by message: consent, what is known already, the fields, the review, the case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from actions.errand import ASIDE, Heard
from actions.filing import prompts, words
from actions.filing.answers import KEPT, Answers
from actions.filing.commands import Commands
from actions.filing.judging import Judging, brief, same
from actions.filing.state import FilingState, from_dict, pending, progress, with_answer
from actions.filing.submission import Submission
from actions.hearing import meaning
from actions.said import Said
from casework.desk import Desk
from casework.fields import Wrong
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField
from policy_kb.reply import Message


class FilingConversation:
    """Serves all applications of the knowledge base; holds nothing of any one filing."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._today = today
        self._answers = Answers(knowledge, desk, today)
        self._commands = Commands(knowledge, desk, self._answers)
        self._submission = Submission(knowledge, desk)
        self._judging = Judging(knowledge, desk, today)

    def asked(self, errand: Errand) -> ApplicationField:
        """The field, or the question of the filing's own, that the next message is expected to answer."""
        state = from_dict(errand.state)
        if state.switch is not None:
            return prompts.SWITCH
        own = {"consent": prompts.CONSENT, "reuse": prompts.REUSE, "review": prompts.REVIEW}.get(state.step)
        return own or pending(self._knowledge.applications[errand.subject], state) or prompts.REVIEW

    def ask(self, errand: Errand) -> tuple[Message, ...]:
        application, state = self._knowledge.applications[errand.subject], from_dict(errand.state)
        if state.switch is not None:
            return (words.switch(application, self._knowledge.applications[state.switch]),)
        if state.step == "consent":
            return (words.consent(application),)
        if state.step == "reuse":
            return (words.reuse(application, self._answers.known(application, errand.person)),)
        field = pending(application, state)
        if field is None:
            return (words.review(application, state, self._judging.finding(errand, application, state)),)
        return (words.question(application, state, field),)

    def hear(self, errand: Errand, said: Said) -> Heard:
        heard = self._hear(errand, said)
        if heard.state is None:
            return heard
        application, state = self._knowledge.applications[errand.subject], from_dict(heard.state)
        if state.step != "review" or pending(application, state) is not None:
            return heard
        reviewed = brief(self._judging.verdict(errand, application, state))
        return replace(heard, state=replace(state, reviewed=reviewed).as_dict())

    def _hear(self, errand: Errand, said: Said) -> Heard:
        application, state = self._knowledge.applications[errand.subject], from_dict(errand.state)
        asked = self.asked(errand)
        meant = meaning(asked, said.text, said.intent, said.confidence, self._today(), self._knowledge.places)
        if meant == "aside":
            return ASIDE
        if meant == "command":
            return self._commands.obey(errand, application, state, asked, said)
        if asked is prompts.SWITCH:
            return self._commands.switch(errand, application, state, said)
        if asked is prompts.CONSENT:
            return self._consent(errand, application, state, said)
        if asked is prompts.REUSE:
            return self._reuse(errand, application, state, said)
        if asked is prompts.REVIEW:
            return self._review(errand, application, state, said)
        return self._field(errand, application, state, asked, said)

    def _consent(self, errand: Errand, application: Application, state: FilingState, said: Said) -> Heard:
        chosen = self._answers.choice(prompts.CONSENT, said)
        if chosen == "no":
            text = "好，不填了，什么都没有存。政策上的事随时问我，也可以直接到窗口办。"
            return Heard((words.notice(application, text),), "dropped")
        if chosen is None or (chosen == "family" and not application.on_behalf):
            return Heard(state=replace(state, wrong=state.wrong + 1).as_dict())
        consent = self._desk.give_consent(errand.person, application, words.consent(application).text, chosen)
        new = replace(state, on_behalf=chosen, consent=consent, wrong=0, step="fields")
        new = replace(new, began=brief(self._judging.verdict(errand, application, new)))
        if chosen == "self" and self._answers.known(application, errand.person):
            new = replace(new, step="reuse")
        return Heard(state=new.as_dict())

    def _reuse(self, errand: Errand, application: Application, state: FilingState, said: Said) -> Heard:
        chosen = self._answers.choice(prompts.REUSE, said)
        if chosen is None:
            return Heard(state=replace(state, wrong=state.wrong + 1).as_dict())
        new = replace(state, step="fields", wrong=0)
        if chosen == "yes":
            new = self._answers.reused(errand, application, new)
            if (told := self._open_case(errand, application, state, new)) is not None:
                return Heard((told,), "dropped")
        return Heard(state=self._at_review(application, new).as_dict())

    def _field(
        self, errand: Errand, application: Application, state: FilingState, field: ApplicationField, said: Said
    ) -> Heard:
        if said.entities.get("value") == KEPT:
            return Heard((words.notice(application, "这个记下了，问到的时候直接用。"),))
        answers = self._answers.taken(errand, application, field, said)
        if isinstance(answers, Wrong):
            wrong = replace(state, wrong=state.wrong + 1)
            return Heard((words.wrong(application, field, answers),), state=wrong.as_dict())
        new = with_answer(application, state, answers)
        new, used = self._answers.offered(errand, application, new)
        if (told := self._open_case(errand, application, state, new)) is not None:
            return Heard((told,), "dropped")
        heard = tuple(words.notice(application, each) for each in used)
        return Heard(heard, state=self._at_review(application, new).as_dict())

    def _review(self, errand: Errand, application: Application, state: FilingState, said: Said) -> Heard:
        if self._answers.choice(prompts.REVIEW, said) != "file":
            text = "还没提交。都对就点“确认提交”；要改哪一项就说，比如“改电话”。"
            return Heard((words.notice(application, text),))
        verdict = self._judging.verdict(errand, application, state)
        if not same(brief(verdict), state.reviewed):  # the review is shown again, with what has changed
            seen = {**state.reviewed, "seen": True} if state.reviewed is not None else state.began
            return Heard(state=replace(state, began=seen).as_dict())
        judgement = self._judging.record(verdict) if verdict is not None else None
        return self._submission.file(errand, application, state, judgement)

    def _open_case(
        self, errand: Errand, application: Application, before: FilingState, after: FilingState
    ) -> Message | None:
        """Told as soon as it is known who files, so that nobody fills in a form for nothing."""
        known_by = application.identified_by or ""
        if after.answers.get(known_by) == before.answers.get(known_by):
            return None
        return self._submission.told_of_open(errand, application, after.answers)

    def _at_review(self, application: Application, state: FilingState) -> FilingState:
        return state if pending(application, state) is not None else replace(state, step="review")


def where(knowledge: KnowledgeBase, errand: Errand) -> str:
    """How far a saved filing has come, in words."""
    application, state = knowledge.applications[errand.subject], from_dict(errand.state)
    number, of = progress(application, state)
    if not state.consent:
        return f"《{application.title}》还没开始填"
    return f"《{application.title}》填到第 {number} 项，共 {of} 项"

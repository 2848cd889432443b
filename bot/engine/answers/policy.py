"""An answer about one measure: the answer first, then the quote, then what is open and what to do next.

Nothing is said here that the knowledge base does not hold; nothing is held here that it should.
"""

from __future__ import annotations

import re
from datetime import date

from policy_kb import ASPECTS, Aspect, Citation, KnowledgeBase, Measure
from policy_kb.ending import ending
from policy_kb.model import AspectName
from policy_kb.reply import Button, Message, payload

VALIDITY = "validity"
SOURCE = "source"
MOST_BUTTONS = 5
LONGEST_QUOTE = 130

_CAUTION = "各地做法会变，请以当地现行规定为准。"
_SILENCE = re.compile(r"，?(?:通知)?(?:里)?(?:都)?没有写[^，；]*$|。$")
_NOT_FILED_HERE = "这一项不用在这里递交申请。"


class PolicyAnswers:
    """Composes answers from one knowledge base, judged against the day of the question."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge

    def answer(self, measure_id: str, aspect: str | None, day: date, applying: bool = False) -> Message:
        """The answer about ``aspect`` (one of ASPECTS, "validity", "source"), or about the whole measure."""
        measure = self._knowledge.measure(measure_id)
        part = _part(measure, aspect)
        citations = self._knowledge.citations(measure, part)
        paragraphs = [
            f"【{measure.label}】{self._says(measure, aspect, part, day)}",
            _NOT_FILED_HERE if applying else "",
            ending(measure.validity, day) if aspect != VALIDITY else "",
            _quoted(citations, whole=aspect == SOURCE),
            self._basis(part, day),
            self._open(part),
        ]
        return Message(
            text="\n".join(paragraph for paragraph in paragraphs if paragraph),
            kind="policy_answer",
            measures=(measure.id,),
            citations=self._with_validity_basis(measure, citations),
            validity=measure.validity.on(day),
            buttons=self._next(measure, aspect, day),
        )

    def _says(self, measure: Measure, aspect: str | None, part: Aspect | None, day: date) -> str:
        if part is not None:
            return part.answer
        if aspect == VALIDITY:
            return ending(measure.validity, day) or "通知没有写它到哪一天为止，也没有说它是试点或阶段性的。"
        if aspect == SOURCE:
            source = self._knowledge.sources[measure.source]
            return f"出自{source.number}《{source.title}》。"
        return measure.summary

    def _with_validity_basis(self, measure: Measure, citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
        basis = measure.validity.basis
        if basis is None or any(basis.quote in citation.quote for citation in citations):
            return citations
        return (*citations, self._knowledge.cite(measure, basis))

    def _basis(self, part: Aspect | None, day: date) -> str:
        """Names what is not from the notice, and says where it may differ or has run out."""
        if part is None or not part.supplements:
            return ""
        supplements = [self._knowledge.supplements[each] for each in part.supplements]
        sources = "；".join(dict.fromkeys(each.source for each in supplements))
        caution = _CAUTION if any(each.needs_caution for each in supplements) else ""
        ended = [f"{each.last_day:%Y-%m-%d}" for each in supplements if each.last_day and day > each.last_day]
        over = f"其中写明只执行到 {max(ended)}，之后有没有延续没有查到。" if ended else ""
        return f"依据（不是这份通知写的）：{sources}。{over}{caution}"

    def _open(self, part: Aspect | None) -> str:
        if part is None or part.left_open is None:
            return ""
        contact = self._knowledge.contacts[part.ask] if part.ask else None
        where = f"请问{contact.text}。" if contact else ""
        what = _SILENCE.sub("", part.left_open)
        return f"没写的：{what}。{where}" if what else where

    def _next(self, measure: Measure, aspect: str | None, day: date) -> tuple[Button, ...]:
        """Two to four things that a person would ask next."""
        if measure.validity.on(day) == "expired":
            related = [self._knowledge.measure(each) for each in measure.related[:2]]
            return (
                self._aspect_button(measure, "conditions" if aspect == SOURCE else SOURCE),
                *(Button(each.label, payload("ask_policy", measure=each.id)) for each in related),
            )
        doing = self._doing(measure)
        wanted = [each for each in ("conditions", "materials", "steps", "amount", SOURCE) if each != aspect]
        return (*doing, *(self._aspect_button(measure, each) for each in wanted[: MOST_BUTTONS - len(doing)]))

    def _doing(self, measure: Measure) -> tuple[Button, ...]:
        """To be walked through it, to apply at once, to have one's own case checked: whichever is there."""
        guided = any(guide.measure == measure.id for guide in self._knowledge.guides.values())
        walk = (Button("一步一步带我办", payload("guide", measure=measure.id)),) if guided else ()
        file = (Button("直接申请", payload("apply", measure=measure.id)),) if measure.fileable else ()
        rule = self._knowledge.rules.get(measure.id)
        judged = rule is not None and rule.conditions is not None
        check = (Button("看看我符不符合", payload("check_eligibility", measure=measure.id)),) if judged else ()
        return (*walk, *file, *check)

    def _aspect_button(self, measure: Measure, aspect: str) -> Button:
        title = self._knowledge.aspects[aspect].title
        return Button(title, payload("ask_policy", measure=measure.id, aspect=aspect))


def _part(measure: Measure, aspect: str | None) -> Aspect | None:
    if aspect in ASPECTS:
        name: AspectName = aspect  # type: ignore[assignment]  # narrowed by the test above
        return measure.aspects.get(name)
    return None


def _quoted(citations: tuple[Citation, ...], whole: bool) -> str:
    """The notice's own words.  Unless all is asked for, one quote: a phone shows little."""
    of_notice = [citation for citation in citations if citation.notice]
    if not whole:
        short = [citation for citation in of_notice if len(citation.quote) <= LONGEST_QUOTE]
        of_notice = (short or of_notice)[:1]
    return "\n".join(f"原文（{citation.clause}）：“{citation.quote}”" for citation in of_notice)

"""Guides: every path comes to an end, and no step says what no source says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from policy_kb.checks.problem import Problem, clashes, error, plain, shown
from policy_kb.figures import figures
from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import Source, Supplement
from policy_kb.procedures import Guide, GuideStep

LONGEST_PATH = 10
LONGEST_TEXT = 120
LONGEST_BUTTON = 14
_CAUTION = re.compile("以[^，。；]{1,12}为准")
_CONTACT_DETAIL = re.compile(
    r"(?:https?://|www\.)[!-~]*|[A-Za-z0-9-]+\.(?:com|cn|net|org)(?![A-Za-z0-9])|[0-9][0-9-]+[0-9]"
)


class _Place(NamedTuple):
    """A step, and how a problem names it."""

    guide: Guide
    step: GuideStep

    @property
    def file(self) -> str:
        return _file(self.guide)

    def key(self, key: str) -> str:
        return f"steps {self.step.id}.{key}"


def paths(guide: Guide) -> Iterator[tuple[str, ...]]:
    """The step ids of every way through the guide.

    A way is cut where it comes back to a step of its own, where it leads to a step that is not there, and one
    step past :data:`LONGEST_PATH`: all that is wrong with it is to be seen by then.
    """
    steps = {step.id: step for step in guide.steps}

    def onward(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        step = steps.get(path[-1])
        following = _following(guide, step) if step else ()
        if not following or path[-1] in path[:-1] or len(path) > LONGEST_PATH:
            yield path
            return
        for each in following:
            yield from onward((*path, each))

    return onward((guide.steps[0].id,)) if guide.steps else iter(())


def _following(guide: Guide, step: GuideStep) -> tuple[str, ...]:
    if step.branches:
        return tuple(dict.fromkeys(branch.to for branch in step.branches))
    after = guide.after(step)
    return (after,) if after else ()


def guides_name_what_is_there(knowledge: KnowledgeBase) -> Iterator[Problem]:
    fileable = [measure.id for measure in knowledge.measures.values() if measure.fileable]
    for guide in knowledge.guides.values():
        filed = [guide.application] if guide.application else []
        yield from _unknown(_file(guide), "measure", "measure", [guide.measure], knowledge.measures)
        yield from _unknown(_file(guide), "application", "fileable measure", filed, fileable)
    for at in _places(knowledge):
        asked = [at.step.ask] if at.step.ask else []
        yield from _unknown(at.file, at.key("supplements"), "supplement", at.step.supplements, knowledge.supplements)
        yield from _unknown(at.file, at.key("ask"), "contact", asked, knowledge.contacts)
        ids = [each.id for each in at.guide.steps]
        for key, to in _leads(at.step):
            yield from _unknown(at.file, at.key(key), "step", [to], ids)


def guide_quotes_are_verbatim(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        source = _source(knowledge, at.guide)
        texts = {each.id: plain(each.heading + each.text) for each in source.clauses} if source else {}
        for index, quote in enumerate(at.step.quotes if source else ()):
            words, key = plain(quote.quote), at.key(f"quotes[{index}]")
            if quote.clause not in texts:
                yield error(at.file, key, f"there is no clause “{quote.clause}”", "correct the id, or add the clause")
            elif not words or words not in texts[quote.clause]:
                what = f"{shown(words)} is not in clause {quote.clause}"
                yield error(at.file, key, what, "copy the clause word for word, or name the right clause")


def guide_facts_may_be_told(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        facts = _facts(knowledge, at.step)
        for fact in facts:
            if not fact.may_be_told:
                what = f"{fact.id} may not be told ({'/'.join(fact.reliability)}, {fact.currency})"
                yield error(at.file, at.key("supplements"), what, "take it out of the step and of its text")
        local = [fact.id for fact in facts if fact.needs_caution]
        if local and not _CAUTION.search(at.step.text):
            what = f"{', '.join(local)} may differ from place to place, and the text does not say so"
            yield error(at.file, at.key("text"), what, "add 各地不一样，以窗口为准")


def steps_rest_on_something(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """A step that only asks the person something needs nothing to rest on."""
    for at in _places(knowledge):
        if not (at.step.branches or at.step.quotes or at.step.supplements or at.step.ask):
            cure = "add quotes or supplements, or name under ask whom to ask"
            yield error(at.file, at.key("text"), "the step rests on nothing", cure)


def guide_figures_are_sourced(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Amounts and times are in what the step cites; so are addresses and numbers to call, or in contacts.yml."""
    phones = {contact.phone for contact in knowledge.contacts.values() if contact.phone}
    for guide in knowledge.guides.values():
        yield from _unsourced(_file(guide), "title", guide.title, [], phones)
    for at in _places(knowledge):
        cited = [quote.quote for quote in at.step.quotes]
        cited += [words for fact in _facts(knowledge, at.step) for words in (fact.text, fact.source)]
        yield from _unsourced(at.file, at.key("text"), at.step.text, cited, phones)
        for index, branch in enumerate(at.step.branches):
            yield from _unsourced(at.file, at.key(f"branches[{index}].title"), branch.title, cited, phones)


def _unsourced(file: str, key: str, said: str, cited: list[str], phones: Collection[str]) -> Iterator[Problem]:
    missing = figures(said) - frozenset().union(*map(figures, cited))
    missing |= {each for each in _CONTACT_DETAIL.findall(said) if each not in phones and each not in "｜".join(cited)}
    if missing:
        what = f"{'、'.join(sorted(missing))} is stated but not cited"
        yield error(file, key, what, "cite what holds it under quotes or supplements, or take it out")


def guides_come_to_an_end(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        yield from (error(at.file, at.key(key), what, cure) for key, what, cure in _wrong_end(at))
    for guide in knowledge.guides.values():
        ways = list(paths(guide))
        if not ways:
            yield error(_file(guide), "steps", "it has no steps", "write what to do first")
        met = {each for way in ways for each in way}
        for step in guide.steps:
            if step.id not in met:
                yield error(_file(guide), f"steps {step.id}", "nothing leads to it", "lead there, or remove it")
        for what, cure in dict.fromkeys(wrong for way in ways if (wrong := _wrong_way(way))):
            yield error(_file(guide), "steps", what, cure)


def _wrong_end(at: _Place) -> Iterator[tuple[str, str, str]]:
    step = at.step
    if step.last and (step.branches or step.to):
        yield "last", "the last step leads on", "remove last, or what it leads to"
    if step.branches and step.to:
        yield "to", "a step with branches also has to", "remove one of them"
    if len(step.branches) == 1:
        yield "branches", "one branch is no choice", "add the other answer, or lead on by to"
    if not step.last and not _following(at.guide, step):
        yield "last", "it leads nowhere and is not marked as the last", "add last: true, or to"


def _wrong_way(way: tuple[str, ...]) -> tuple[str, str] | None:
    if way[-1] in way[:-1]:
        return f"from {way[-1]} a path comes back to {way[-1]}", "lead it on to the end"
    if len(way) > LONGEST_PATH:
        return f"a path over {way[-1]} has more than {LONGEST_PATH} steps", "join or remove steps"
    return None


def guides_can_be_read(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        yield from _too_long(at.file, at.key("text"), at.step.text, LONGEST_TEXT)
        for index, branch in enumerate(at.step.branches):
            yield from _too_long(at.file, at.key(f"branches[{index}].title"), branch.title, LONGEST_BUTTON)


def _too_long(file: str, key: str, text: str, longest: int) -> Iterator[Problem]:
    length = len(plain(text))
    if not length:
        yield error(file, key, "it is empty", "write what a person reads")
    if length > longest:
        yield error(file, key, f"it has {length} characters", f"shorten it to {longest}")


def guide_words_lead_one_way(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Step ids within a guide, what people may answer to a step, and the names by which guides are asked for."""
    for guide in knowledge.guides.values():
        for step, _ in clashes((step.id, step.id) for step in guide.steps):
            yield error(_file(guide), f"steps {step}", "the id stands twice", "give one of them another id")
    for at in _places(knowledge):
        said = [(word, branch.title) for branch in at.step.branches for word in (branch.title, *branch.also)]
        for word, titles in clashes(said):
            yield error(at.file, at.key("branches"), f"“{word}” stands under {' and '.join(titles)}", "keep it in one")
    named = [(phrase, _file(guide)) for guide in knowledge.guides.values() for phrase in guide.phrases]
    for phrase, files in clashes(named):
        yield error(files[-1], "phrases", f"“{phrase}” stands in {' and '.join(files)}", "keep it in one place")


def _places(knowledge: KnowledgeBase) -> Iterator[_Place]:
    return (_Place(guide, step) for guide in knowledge.guides.values() for step in guide.steps)


def _leads(step: GuideStep) -> Iterator[tuple[str, str]]:
    if step.to:
        yield "to", step.to
    yield from ((f"branches[{index}].to", branch.to) for index, branch in enumerate(step.branches))


def _facts(knowledge: KnowledgeBase, step: GuideStep) -> list[Supplement]:
    """Without the unknown, which are another check's."""
    return [knowledge.supplements[each] for each in step.supplements if each in knowledge.supplements]


def _source(knowledge: KnowledgeBase, guide: Guide) -> Source | None:
    measure = knowledge.measures.get(guide.measure)
    return knowledge.sources.get(measure.source) if measure else None


def _file(guide: Guide) -> str:
    return f"guides/{guide.id}.yml"


def _unknown(file: str, key: str, kind: str, named: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            yield error(file, key, f"there is no {kind} “{name}”", f"correct the id, or add the {kind}")

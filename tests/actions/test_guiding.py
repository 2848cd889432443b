"""Every guide along every branch: it comes to its end, counts its steps right, and keeps its place."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

import policy_kb
from actions.errand import Heard
from actions.guiding import GuideConversation, beginning
from actions.said import Said
from casework.desk import Desk
from casework.people.errands import Errand
from policy_kb.procedures import Branch, Guide, GuideStep
from policy_kb.reply import Button, Message
from tests.actions.conftest import TODAY

KNOWLEDGE = policy_kb.load()
GUIDES = KNOWLEDGE.guides
BRANCHES = [(guide, step, branch) for guide in GUIDES.values() for step in guide.steps for branch in step.branches]
PROGRESS = re.compile(r"第 (\d+) 步，共 (\d+) 步")


def named(value: object) -> str | None:
    match value:
        case Guide(id=name) | GuideStep(id=name) | Branch(title=name):
            return name
    return None


@dataclass
class Walker:
    """One conversation on its way through a guide."""

    desk: Desk
    guide: Guide
    conversation: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.guiding = GuideConversation(KNOWLEDGE, self.desk, lambda: TODAY)
        person = self.desk.people.of(self.conversation)
        self.desk.errands.begin(self.conversation, person, "guide", self.guide.id, dict(beginning(self.guide)))

    @property
    def errand(self) -> Errand:
        errand = self.desk.errands.current(self.conversation)
        assert errand is not None
        return errand

    @property
    def trail(self) -> list[str]:
        trail: list[str] = self.errand.state["trail"]
        return trail

    def at(self, step: str) -> Walker:
        """Stands at ``step`` as if it had been walked to from the beginning."""
        self.desk.errands.save(self.errand.id, {"trail": way_to(self.guide, step)})
        return self

    def ask(self) -> Message:
        (message,) = self.guiding.ask(self.errand)
        return message

    def say(self, text: str, intent: str = "inform", confidence: float = 0.9) -> Heard:
        heard = self.guiding.hear(self.errand, said(self.conversation, text, intent, confidence))
        if heard.state is not None:
            self.desk.errands.save(self.errand.id, heard.state)
        if heard.ending == "finished":
            self.desk.errands.drop(self.errand.id)
        if heard.ending == "set_aside":
            self.desk.errands.set_aside(self.conversation)
        return heard

    def press(self, title: str) -> Heard:
        return self.say({each.title: each.payload for each in self.ask().buttons}[title])


def said(conversation: str, text: str, intent: str, confidence: float) -> Said:
    if not text.startswith("/"):
        return Said(conversation, text, intent, confidence)
    name, brace, rest = text[1:].partition("{")
    return Said(conversation, text, name, 1.0, json.loads(brace + rest) if brace else {})


def onward(message: Message) -> list[Button]:
    """The buttons that lead on: the branches, or the next step."""
    others = {"上一步", "我有问题", "直接申请"}
    return [each for each in message.buttons if each.title not in others]


def ways(guide: Guide, trail: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """All ways through the guide that begin with ``trail``."""
    step = guide.step(trail[-1])
    to = [each.to for each in step.branches] or [each for each in (guide.after(step),) if each]
    if not to:
        yield trail
    for each in dict.fromkeys(to):
        yield from ways(guide, (*trail, each))


def way_to(guide: Guide, step: str) -> list[str]:
    way = next(each for each in ways(guide, (guide.steps[0].id,)) if step in each)
    return list(way[: way.index(step) + 1])


def progress(message: Message) -> tuple[int, int]:
    match = PROGRESS.search(message.text)
    assert match is not None, message.text
    return int(match[1]), int(match[2])


@pytest.mark.parametrize("guide", GUIDES.values(), ids=named)
def test_the_first_way_comes_to_its_end(desk: Desk, guide: Guide) -> None:
    walk = Walker(desk, guide)
    for taken in range(1, 2 * len(guide.steps)):
        message = walk.ask()
        number, of = progress(message)
        assert number == taken <= of
        assert guide.step(walk.trail[-1]).text in message.text
        heard = walk.say(onward(message)[0].payload)
        if heard.ending == "finished":
            assert number == of
            assert desk.errands.current(walk.conversation) is None
            return
    raise AssertionError(f"{guide.id} does not end: {walk.trail}")


@pytest.mark.parametrize("guide", GUIDES.values(), ids=named)
def test_every_way_comes_to_its_end(desk: Desk, guide: Guide) -> None:
    """Each button of each step, on every way that leads there; the state goes from hand to hand."""
    walk = Walker(desk, guide)
    waiting, met = [walk.errand], set[str]()
    while waiting:
        errand = waiting.pop()
        trail = errand.state["trail"]
        met.add(trail[-1])
        (message,) = walk.guiding.ask(errand)
        number, of = progress(message)
        assert number == len(trail) <= of <= len(guide.steps)
        assert len(set(trail)) == len(trail), "no step comes twice"
        for button in onward(message):
            heard = walk.guiding.hear(errand, said(walk.conversation, button.payload, "", 1.0))
            if heard.ending == "finished":
                assert number == of
                continue
            assert heard.ending == "go_on" and heard.state is not None
            assert heard.state["trail"][:-1] == trail
            waiting.append(replace(errand, state=heard.state))
    assert met == {each.id for each in guide.steps}, "no step is out of reach"


@pytest.mark.parametrize("guide", GUIDES.values(), ids=named)
def test_back_is_where_it_came_from(desk: Desk, guide: Guide) -> None:
    walk = Walker(desk, guide)
    assert "上一步" not in [each.title for each in walk.ask().buttons]
    shown = [walk.ask()]
    while (heard := walk.say(onward(shown[-1])[0].payload)).ending == "go_on":
        shown.append(walk.ask())
        walk.press("上一步")
        assert walk.ask() == shown[-2]
        walk.say(onward(shown[-2])[0].payload)
    assert heard.ending == "finished"


def test_back_at_the_first_step_stays(desk: Desk) -> None:
    walk = Walker(desk, GUIDES["complaint"])
    assert walk.say("上一步", "go_back").ending == "go_on"
    assert walk.trail == [walk.guide.steps[0].id]


@pytest.mark.parametrize(("guide", "step", "branch"), BRANCHES, ids=named)
def test_a_branch_is_chosen_in_words(desk: Desk, guide: Guide, step: GuideStep, branch: Branch) -> None:
    """The button's words and all others that the guide gives for it, whatever the classifier makes of them."""
    walk = Walker(desk, guide).at(step.id)
    errand = walk.errand
    for text in (branch.title, *branch.also, f"{branch.title}。"):
        for intent in ("inform", "ask_policy", "cancel"):
            heard = walk.guiding.hear(errand, said(walk.conversation, text, intent, 0.9))
            assert heard.state == {"trail": [*errand.state["trail"], branch.to]}, (text, intent)


@pytest.mark.parametrize(("guide", "step"), [(g, s) for g in GUIDES.values() for s in g.steps if s.branches], ids=named)
def test_a_branch_is_chosen_by_its_number(desk: Desk, guide: Guide, step: GuideStep) -> None:
    walk = Walker(desk, guide).at(step.id)
    errand = walk.errand
    for number, branch in enumerate(step.branches, 1):
        heard = walk.guiding.hear(errand, said(walk.conversation, str(number), "inform", 0.9))
        assert heard.state == {"trail": [*errand.state["trail"], branch.to]}, number


@pytest.mark.parametrize("guide", GUIDES.values(), ids=named)
def test_next_does_not_choose_for_the_person(desk: Desk, guide: Guide) -> None:
    walk = Walker(desk, guide).at(next(each.id for each in guide.steps if each.branches))
    before = walk.trail
    heard = walk.say("下一步", "next_step")
    assert (heard.ending, walk.trail) == ("go_on", before)
    assert "先选一个" in heard.messages[0].text


@pytest.mark.parametrize("guide", GUIDES.values(), ids=named)
def test_a_question_is_an_aside_and_the_place_is_kept(desk: Desk, guide: Guide) -> None:
    walk = Walker(desk, guide)
    for step in guide.steps:
        before, shown = walk.at(step.id).errand.state, walk.ask()
        asides = (("失业保险金能领几个月？", "ask_policy"), ("明天会不会下雨？", "out_of_scope"), ("谢谢", "thanks"))
        for text, intent in asides:
            assert walk.say(text, intent).ending == "aside", (step.id, text)
        assert (walk.errand.state, walk.ask()) == (before, shown)


@pytest.mark.parametrize("guide", GUIDES.values(), ids=named)
def test_left_it_is_taken_up_at_the_same_step(desk: Desk, guide: Guide) -> None:
    walk = Walker(desk, guide)
    walk.say(onward(walk.ask())[0].payload)
    errand, shown = walk.errand, walk.ask()
    for text, intent in (("不看了", "cancel"), ("先存着", "save_draft")):
        assert walk.say(text, intent).ending == "set_aside"
        desk.errands.resume(walk.conversation, errand.person, errand.id)
        assert walk.ask() == shown


@pytest.mark.parametrize("guide", [each for each in GUIDES.values() if each.application], ids=named)
def test_from_every_step_it_can_be_filed(desk: Desk, guide: Guide) -> None:
    for step in guide.steps:
        walk = Walker(desk, guide).at(step.id)
        assert walk.press("直接申请").ending == "switched"
        assert (walk.errand.kind, walk.errand.subject) == ("filing", guide.application)
        assert [each.subject for each in desk.errands.saved(walk.errand.person)] == [guide.id]

"""Which reply a turn gets: one function per response of the domain that is composed, not templated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.engine.answers.conversation import Ask, Conversation
from bot.engine.answers.policy import PolicyAnswers
from bot.engine.language.mentions import Mentions
from policy_kb import KnowledgeBase
from policy_kb.reply import Button, Message, payload

SURE = 0.5
"""From this chance on the first measure is simply answered."""
AHEAD = 0.3
"""Below SURE it is still answered when it leads the second by this much."""
PLAUSIBLE = 0.08
"""A measure below this chance is not offered as a reading."""
INTENT_SURE = 0.3
"""Below this the intent itself is not trusted."""
SURE_OF_ANOTHER = 0.85
"""From this chance on a short question that names no measure leaves what was spoken of before."""
SHORT = 14
"""A question of so few characters may lean on what was said before."""
MOST_CHOICES = 4
_COMPARES = re.compile("不一样|区别|不同|分别|哪个好|哪样好")


@dataclass(frozen=True)
class Reply:
    """The messages of one turn; ``understood`` is False where the person has to say it again."""

    messages: tuple[Message, ...]
    understood: bool = True


class Replies:
    """Composes replies out of the knowledge base for what the conversation asks."""

    def __init__(self, knowledge: KnowledgeBase, today: Callable[[], date] = date.today) -> None:
        self._knowledge = knowledge
        self._policy = PolicyAnswers(knowledge)
        self._mentions = Mentions(knowledge)
        self._today = today
        self.composers: dict[str, Callable[[Conversation], Reply]] = {
            "utter_policy_answer": self.policy_answer,
            "utter_follow_up": self.follow_up,
            "utter_menu": self.menu,
            "utter_browse": self.browse,
            "utter_out_of_scope": self.out_of_scope,
            "utter_not_understood": self.not_understood,
            "utter_repeat": self.repeat,
            "utter_distress": self.distress,
            "utter_affirm": self.affirm,
        }

    # Questions about policy

    def policy_answer(self, said: Conversation) -> Reply:
        """Answers each question; asks back where one of them has several likely readings."""
        chosen = said.entities.get("measure")
        if chosen in self._knowledge.measures:
            return Reply((self._answer(chosen, said.entities.get("aspect"), said),))
        if not said.asks or said.confidence < INTENT_SURE:
            return self.not_understood(said)
        if len(said.asks) > 1:
            return Reply(tuple(self._answer(ask.measures[0][0], ask.aspect, said) for ask in said.asks))
        ask = said.asks[0]
        if readings := self._mentions.readings(ask.text):
            return self._which(readings, ask.aspect)
        if self._leans_on_focus(ask, said):
            return self.follow_up(said)
        if _COMPARES.search(ask.text):
            return self._compare(ask, said)
        if several := self._mentions.joined(ask.text):
            return self._about(several, ask.aspect, said)
        if _is_sure(ask):
            return Reply((self._answer(ask.measures[0][0], ask.aspect, said),))
        return self._which(_plausible(ask), ask.aspect)

    def follow_up(self, said: Conversation) -> Reply:
        """A question that names no measure is about the one that was answered last."""
        if not said.asks:
            return self.not_understood(said)
        ask = said.asks[0]
        if readings := self._mentions.readings(ask.text):
            return self._which(readings, ask.aspect)
        if said.focus:
            return self._about(said.focus, ask.aspect, said)
        if self._mentions.measures(ask.text) or ask.measures[0][1] >= SURE_OF_ANOTHER:
            return Reply((self._answer(ask.measures[0][0], ask.aspect, said),))
        return Reply((self._menu_message("您问的是哪一件事？点一个，或者直接说，比如“失业金要什么材料”。"),))

    def _compare(self, ask: Ask, said: Conversation) -> Reply:
        """Both of what is compared: as named, or what is named beside what was spoken of."""
        named = self._mentions.measures(ask.text) or (ask.measures[0][0],)
        both = tuple(dict.fromkeys((*(said.focus if len(named) == 1 else ()), *named)))
        return self._about(both, ask.aspect, said)

    def _about(self, measures: tuple[str, ...], aspect: str | None, said: Conversation) -> Reply:
        return Reply(tuple(self._answer(each, aspect, said) for each in measures[:2]))

    def _answer(self, measure_id: str, aspect: str | None, said: Conversation) -> Message:
        default = {"check_eligibility": "conditions", "apply": "steps"}.get(said.intent)
        applying = said.intent == "apply" and not self._knowledge.measure(measure_id).fileable
        return self._policy.answer(measure_id, aspect or default, self._today(), applying=applying)

    def _leans_on_focus(self, ask: Ask, said: Conversation) -> bool:
        """A bare question (多少钱呢), or a short one that names nothing and is not surely about another."""
        if not said.focus or ask.aspect is None:
            return self._mentions.is_bare(ask.text) and ask.aspect is not None
        if self._mentions.is_bare(ask.text):
            return True
        unnamed = len(ask.text) <= SHORT and not self._mentions.measures(ask.text)
        return unnamed and ask.measures[0][1] < SURE_OF_ANOTHER

    def _leans(self, said: Conversation) -> bool:
        """Whether the message, however it was classified, is a bare question or one ambiguous word."""
        ask = said.asks[0] if said.asks else None
        if ask is None:
            return False
        return bool(self._mentions.readings(ask.text)) or (ask.aspect is not None and self._mentions.is_bare(ask.text))

    def _which(self, choices: tuple[str, ...], aspect: str | None) -> Reply:
        message = Message(
            text="您问的是下面哪一个？点一个就行；都不是的话，换个说法再告诉我。",
            kind="clarify",
            measures=choices,
            buttons=tuple(self._measure_button(each, aspect) for each in choices),
        )
        return Reply((message,), understood=False)

    # The menu

    def menu(self, said: Conversation) -> Reply:
        if said.focus and self._leans(said):
            return self.follow_up(said)
        opening = {
            "ask_entitlements": "能享受什么，要看您的情况，由经办机构认定。您先看哪一类？",
            "inform": "知道了。您眼下最想办哪一件？",
        }.get(said.intent, "我能按通知原文回答这些事，您点一个：")
        return Reply((self._menu_message(opening),))

    def browse(self, said: Conversation) -> Reply:
        group = self._knowledge.menu.get(said.entities.get("group", ""))
        if group is None:
            return self.menu(said)
        message = Message(
            text=f"【{group.title}】通知里有这些，您想看哪一个？",
            kind="clarify",
            measures=group.measures,
            buttons=tuple(self._measure_button(each) for each in group.measures),
        )
        return Reply((message,))

    def _menu_message(self, text: str) -> Message:
        groups = self._knowledge.menu.values()
        return Message(
            text=text,
            kind="clarify",
            buttons=tuple(Button(group.title, payload("browse", group=group.id)) for group in groups),
        )

    def _measure_button(self, measure_id: str, aspect: str | None = None) -> Button:
        wanted = {"measure": measure_id, **({"aspect": aspect} if aspect else {})}
        return Button(self._knowledge.measure(measure_id).label, payload("ask_policy", **wanted))

    # What goes wrong

    def out_of_scope(self, said: Conversation) -> Reply:
        """Refuses, unless the message is a bare question or word that leans on the policies all the same."""
        if self._leans(said):
            return self.follow_up(said)
        refusal = Message(
            text="这个我答不了：我只管云南失业人员就业创业的政策（云人社发〔2022〕57号），别的不敢乱说。",
            kind="out_of_scope",
            buttons=(Button("能问些什么", payload("help")), Button("转人工", payload("talk_to_human"))),
        )
        return self._or_a_person(Reply((refusal,), understood=False), said)

    def not_understood(self, said: Conversation) -> Reply:
        message = Message(
            text="没听明白，您换个说法，一次说一件事就行。比如：“失业金怎么领”“没有单位了怎么登记”。",
            kind="clarify",
            buttons=(Button("看看能问什么", payload("help")), Button("转人工", payload("talk_to_human"))),
        )
        return self._or_a_person(Reply((message,), understood=False), said)

    def _or_a_person(self, reply: Reply, said: Conversation) -> Reply:
        """The second failure in a row brings the menu and a person instead of the same words again."""
        if said.failures == 0:
            return reply
        first = reply.messages[0]
        kept = Message(text=first.text, kind=first.kind, buttons=())
        person = Message(text=f"要找人问：{self._service()}。", kind="handoff")
        return Reply((kept, person, self._menu_message("或者从这里点一个：")), understood=False)

    def repeat(self, said: Conversation) -> Reply:
        """The measures spoken of last, each in its plain summary."""
        if said.focus:
            return self._about(said.focus, None, said)
        return self.menu(said)

    def affirm(self, said: Conversation) -> Reply:
        """“是呢” after a question with readings takes the first of them."""
        offered = [
            measure for message in said.previous if message["kind"] == "clarify" for measure in message["measures"]
        ]
        if offered:
            return Reply((self._answer(offered[0], None, said),))
        message = Message(
            text="好的。还想问哪样，直接说就行。", kind="smalltalk", buttons=(Button("能问些什么", payload("help")),)
        )
        return Reply((message,))

    def distress(self, said: Conversation) -> Reply:
        """People and numbers first; then what the notice has for those in need tonight."""
        people = Message(
            text=(
                "您先别一个人扛。\n"
                "有生命危险，请马上打 120 或 110。\n"
                "心里难受、想不开，打 12356（全国统一心理援助热线）。\n"
                "吃饭、住处没着落，今天就去乡镇（街道）或民政部门说，也可以打 12333 问。"
            ),
            kind="handoff",
            buttons=(Button("临时救助怎么办", payload("ask_policy", measure="temporary-relief", aspect="steps")),),
        )
        return Reply((people, self._policy.answer("temporary-relief", None, self._today())))

    def _service(self) -> str:
        return self._knowledge.contacts["employment-service"].text


def _plausible(ask: Ask) -> tuple[str, ...]:
    """The readings worth offering, two at least."""
    likely = [each for each, chance in ask.measures if chance >= PLAUSIBLE]
    return tuple(likely if len(likely) > 1 else [each for each, _ in ask.measures])[:MOST_CHOICES]


def _is_sure(ask: Ask) -> bool:
    chances = [chance for _, chance in ask.measures]
    first, second = chances[0], (chances[1] if len(chances) > 1 else 0.0)
    return first >= SURE or first - second >= AHEAD

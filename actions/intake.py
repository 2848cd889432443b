"""The door for personal data: values go into the vault before anybody else sees the message.

While a filing waits for a personal answer, what answers it is sealed and the engine gets a token.  Outside
of a filing nothing is kept: what looks like personal data is masked, as it always was.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from actions.filing.answers import KEPT, OFFERS
from actions.filing.conversation import FilingConversation
from actions.filing.state import from_dict
from actions.hearing import meaning
from casework.desk import Desk
from casework.fields import certain
from casework.people.errands import Errand
from casework.people.privacy import find, mask
from policy_kb import KnowledgeBase
from policy_kb.procedures import ApplicationField
from policy_kb.reply import payload

Parse = Callable[[str], Awaitable[tuple[str, float]]]
"""Gives the intent of a text and its confidence, without the text being kept."""

TYPES: Mapping[str, str] = {
    "身份证号": "identity",
    "手机号": "mobile",
    "银行卡号": "bank_card",
    "电话号码": "phone",
    "住址": "address",
    "姓名": "name",
}
"""The field types that pieces of personal data answer, by the names that masking gives them."""
_BRACKETS = str.maketrans({"⟦": "[", "⟧": "]"})
_LABEL = re.compile(
    r"(?:我的|我呢)?(?:身份证|证件|手机|电话|联系电话|银行卡|卡|住址|地址)?(?:号码|号)?[是为:：]?\s*〔(?:"
    + "|".join(TYPES)
    + ")〕"
)
"""A masked piece, with what people call it before it."""
_PUNCTUATION = " ，,。;；、"
_PLACEHOLDER = re.compile(r"⟦(v_[\w-]+)⟧")
FULL = frozenset({"name", "mobile", "phone", "address", "date", "text", "amount"})
"""Kinds that have no check digit: shown whole to their owner, who must see a slip to mend it."""


@dataclass(frozen=True)
class Taken:
    """A message after the door: for the engine, for the log, and the names of what was masked and not kept."""

    for_engine: str
    for_log: str
    masked: tuple[str, ...] = ()


class Intake:
    """Seals what comes in, and shows values again to the person whose they are."""

    def __init__(
        self, knowledge: KnowledgeBase, desk: Desk, filing: FilingConversation, today: Callable[[], date]
    ) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._filing = filing
        self._today = today

    def errand(self, conversation: str) -> Errand | None:
        """What the person is in the middle of; ``conversation`` is the engine's id of it."""
        return self._desk.errands.current(conversation)

    def surely_answers(self, errand: Errand | None, text: str) -> bool:
        """Whether ``text`` is nothing but an answer to what a filing asks, so that “2” is no button's number."""
        if errand is None or errand.kind != "filing":
            return False
        return self._certain(self._filing.asked(errand), text)

    def expects(self, conversation: str) -> str | None:
        """The type of the field that a filing asks for now; None without one, or before there is consent."""
        errand = self._desk.errands.current(conversation)
        if errand is None or errand.kind != "filing" or not from_dict(errand.state).consent:
            return None
        return self._filing.asked(errand).type

    async def take(self, errand: Errand | None, text: str, parse: Parse) -> Taken:
        """What is said in the middle of ``errand``.  A button's payload passes as it is."""
        text = text.translate(_BRACKETS)
        if text.startswith("/"):
            return Taken(text, text)
        if errand is None or errand.kind != "filing" or not from_dict(errand.state).consent:
            return self._masked(text)
        return await self._sealed(errand, text, parse)

    def _masked(self, text: str) -> Taken:
        masked = mask(text)
        return Taken(masked.text, masked.text, masked.found)

    async def _sealed(self, errand: Errand, text: str, parse: Parse) -> Taken:
        field = self._filing.asked(errand)
        found = find(text)
        tokens = {
            TYPES[piece.name]: self._keep(errand, TYPES[piece.name], piece.value)
            for piece in found
            if piece.name in TYPES
        }
        hidden = mask(text).text
        if not field.personal or field.type == "file":
            self._offer(errand, tokens)
            alone = bool(tokens) and not _LABEL.sub("", hidden).strip(_PUNCTUATION)
            return Taken(self._unasked(errand, tokens) if alone else hidden, hidden)
        if (kind := next((each for each in OFFERS.get(field.type, (field.type,)) if each in tokens), None)) is not None:
            self._offer(errand, {other: token for other, token in tokens.items() if other != kind})
            return Taken(payload("answer", token=tokens[kind]), hidden)
        self._offer(errand, tokens)
        rest = _LABEL.sub("", hidden).strip(_PUNCTUATION)
        if tokens and not rest:
            return Taken(self._unasked(errand, tokens), hidden)
        if rest and await self._is_answer(field, rest, parse):
            token = self._keep(errand, field.type, rest)
            return Taken(payload("answer", token=token), f"〔{field.label}〕")
        return Taken(hidden, hidden)

    def _unasked(self, errand: Errand, tokens: Mapping[str, str]) -> str:
        """A value and nothing else, where another is asked for: it changes the answer that is there, or waits."""
        state = from_dict(errand.state)
        for field in self._knowledge.applications[errand.subject].fields:
            if field.id in state.answers and any(kind in tokens for kind in OFFERS.get(field.type, (field.type,))):
                return payload("correct", field=field.id)
        return payload("answer", value=KEPT)

    async def _is_answer(self, field: ApplicationField, text: str, parse: Parse) -> bool:
        if self._certain(field, text):
            return True
        intent, confidence = await parse(text)
        return meaning(field, text, intent, confidence, self._today(), self._knowledge.places) == "answer"

    def _certain(self, field: ApplicationField, text: str) -> bool:
        return certain(field, text, self._today(), self._knowledge.places)

    def _keep(self, errand: Errand, kind: str, value: str) -> str:
        return self._desk.keep(kind, value, errand.id)

    def _offer(self, errand: Errand, tokens: Mapping[str, str]) -> None:
        """Keeps what came before it was asked for, so that it is not typed twice."""
        if tokens:
            state = from_dict(errand.state)
            offered = {**state.offered, **tokens}
            self._desk.errands.save(errand.id, replace(state, offered=offered).as_dict())

    def take_document(self, conversation: str, name: str, content: bytes) -> str:
        """Keeps a file, sealed; gives the payload that hands it to the pending field or to a filed case.

        Raises :class:`~casework.people.documents.WrongFile`.
        """
        errand = self._desk.errands.current(conversation)
        if errand is not None and errand.kind == "filing" and self._filing.asked(errand).type == "file":
            return payload("answer", token=self._desk.documents.add(errand.id, name, content))
        person = self._desk.people.of(conversation)
        return payload("add_document", token=self._desk.documents.add(person, name, content))

    def shown(self, text: str, whole: bool) -> str:
        """``text`` with its placeholders filled: whole for the turn's own reply, masked in the history."""
        return _PLACEHOLDER.sub(lambda match: self._value(match[1], whole), text)

    def _value(self, token: str, whole: bool) -> str:
        try:
            if whole and self._desk.vault.kind(token) in FULL:
                return self._desk.vault.get(token)
            return self._desk.vault.shown(token)
        except KeyError:
            return "（已删除）"

"""Who owns a conversation: one at a time, whoever asks, takes, gives back or passes on at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from casework.audit import Audit, Whole
from casework.conversations.handovers import BOT, AlreadyTaken, Handovers, NotYours
from casework.conversations.log import AGENT, ASSISTANT, PERSON, AgentHasIt, ConversationLog
from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from tests.casework.conftest import HASH_SECRET, Clock


@dataclass
class Hall:
    """Conversations with an owner, on a clock of the test's."""

    handovers: Handovers
    log: ConversationLog
    audit: Audit
    clock: Clock

    def talk(self, name: str) -> str:
        """A conversation in which something was said; gives its sender."""
        key = self.log.key(name)
        self.log.append(key, PERSON, "厂子关了", [])
        return self.log.sender(key)

    def asks(self, name: str, county: str | None = "530102") -> str:
        sender = self.talk(name)
        self.clock.advance(timedelta(minutes=1))
        self.handovers.ask(sender, "想找人", county, f"{name}说过的话")
        return sender


@pytest.fixture
def hall(database: Engine, ring: KeyRing, clock: Clock) -> Hall:
    audit = Audit(database, ring, clock)
    return Hall(
        Handovers(database, Sealed(ring), audit, clock),
        ConversationLog(database, Sealed(ring), HASH_SECRET),
        audit,
        clock,
    )


def test_from_the_bot_through_the_queue_to_an_agent_and_back(hall: Hall) -> None:
    sender = hall.asks("甲")
    assert hall.handovers.owner(sender).kind == "queue"
    hall.handovers.take(sender, "wang", "agent")
    assert hall.handovers.owner(sender).agent == "wang"
    assert [each.sender for each in hall.handovers.of_agent("wang")] == [sender]
    assert hall.handovers.waiting() == []
    hall.handovers.hand_back(sender, "wang", "agent")
    assert hall.handovers.owner(sender) == BOT
    actions = [entry.action for entry in hall.audit.about(sender)]
    assert actions == ["hand_back_conversation", "take_conversation"]
    assert isinstance(hall.audit.verify(), Whole)


def test_the_queue_is_in_the_order_of_asking(hall: Hall) -> None:
    first, second, third = hall.asks("甲"), hall.asks("乙"), hall.asks("丙")
    assert [(each.sender, each.place) for each in hall.handovers.waiting()] == [(first, 1), (second, 2), (third, 3)]
    assert hall.handovers.ask(third, "还在吗", "530102", "") == 3
    assert hall.handovers.give_up(first)
    assert hall.handovers.ask(third, "还在吗", "530102", "") == 2
    assert not hall.handovers.give_up(first)


def test_who_is_passed_on_to_the_queue_keeps_the_place(hall: Hall) -> None:
    first, second = hall.asks("甲"), hall.asks("乙")
    hall.handovers.take(first, "wang", "agent")
    hall.handovers.pass_on(first, "wang", None, "agent")
    assert [each.sender for each in hall.handovers.waiting()] == [first, second]
    hall.handovers.take(first, "wang", "agent")
    hall.handovers.pass_on(first, "wang", "zhao", "agent")
    assert hall.handovers.owner(first).agent == "zhao"


@pytest.mark.parametrize(
    ("areas", "seen"),
    [
        (None, "甲乙丙"),
        (("53",), "甲乙丙"),
        (("5301",), "甲丙"),
        (("530121",), "丙"),
        (("5303", "530102"), "甲乙丙"),
        ((), "丙"),
    ],
)
def test_an_agent_sees_the_areas_of_their_own_and_who_has_none(
    hall: Hall, areas: tuple[str, ...] | None, seen: str
) -> None:
    for name, county in (("甲", "530102"), ("乙", "530302"), ("丙", None)):
        hall.asks(name, county)
    assert "".join(each.summary[0] for each in hall.handovers.waiting(areas)) == seen


def test_only_the_owner_gives_away(hall: Hall) -> None:
    sender = hall.asks("甲")
    with pytest.raises(NotYours):
        hall.handovers.hand_back(sender, "wang", "agent")
    hall.handovers.take(sender, "wang", "agent")
    with pytest.raises(AlreadyTaken) as taken:
        hall.handovers.take(sender, "zhao", "supervisor")
    assert taken.value.agent == "wang"
    with pytest.raises(NotYours):
        hall.handovers.pass_on(sender, "zhao", None, "supervisor")
    assert hall.handovers.ask(sender, "在吗", None, "") == 0
    assert hall.handovers.owner(sender).agent == "wang"


def test_of_many_agents_at_once_one_gets_it(hall: Hall) -> None:
    sender = hall.asks("甲")

    def take(agent: str) -> bool:
        try:
            hall.handovers.take(sender, agent, "agent")
        except AlreadyTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(take, [f"agent{number}" for number in range(8)]))
    assert got.count(True) == 1
    assert hall.handovers.owner(sender).agent == f"agent{got.index(True)}"


def test_the_assistant_cannot_speak_where_an_agent_has_taken_over(hall: Hall) -> None:
    sender = hall.asks("甲")
    key = hall.log.key_of(sender)
    assert hall.log.append(key, ASSISTANT, "", [{"text": "排队中"}]) == 2
    hall.handovers.take(sender, "wang", "agent")
    with pytest.raises(AgentHasIt):
        hall.log.append(key, ASSISTANT, "", [{"text": "机器人插话"}])
    assert hall.log.append(key, AGENT, "", [{"text": "您好"}]) == 3
    hall.handovers.hand_back(sender, "wang", "agent")
    assert hall.log.append(key, ASSISTANT, "", [{"text": "又是我"}]) == 4
    assert [turn.sequence for turn in hall.log.after(key, 1)] == [2, 3, 4]
    assert hall.log.pulses([key, "nobody"])[key].sequence == 4


def test_the_pulse_beats_with_every_change(hall: Hall) -> None:
    beats = [hall.handovers.pulse()]
    sender = hall.asks("甲")
    for change in (
        lambda: None,
        lambda: hall.handovers.take(sender, "wang", "agent"),
        lambda: hall.handovers.pass_on(sender, "wang", None, "agent"),
        lambda: hall.handovers.give_up(sender),
    ):
        hall.clock.advance(timedelta(seconds=1))
        change()
        beats.append(hall.handovers.pulse())
    assert len(set(beats)) == 4  # nothing at first and at the end


def test_what_was_said_is_sealed_and_forgotten(hall: Hall, database: Engine) -> None:
    sender = hall.asks("甲")
    with database.connect() as connection:
        columns = [column["name"] for column in inspect(database).get_columns("handover")]
        rows = connection.execute(text(f"SELECT {', '.join(columns)} FROM handover")).all()
    assert len(rows) == 1 and "甲".encode() not in repr(rows).encode() and "想找人" not in repr(rows)
    with Session(database) as session, session.begin():
        hall.handovers.forget(session, sender)
    assert hall.handovers.get(sender) is None


def test_nobody_knows_an_unknown_conversation(hall: Hall) -> None:
    with pytest.raises(KeyError):
        hall.handovers.ask("nobody", "", None, "")
    with pytest.raises(KeyError):
        hall.handovers.take("nobody", "wang", "agent")
    assert hall.handovers.owner("nobody") == BOT

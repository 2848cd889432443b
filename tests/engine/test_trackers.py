"""The engine's memory: what it hands out is what Rasa's own store would, at a cost that does not grow."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from bot.engine.trackers import FEWEST_EVENTS, MOST_EVENTS, LiveTracker, LiveTrackerStore, shortened

DOMAIN = Domain.load(str(Path(__file__).parents[2] / "domain.yml"))


def opening() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def turn(number: int, chance: random.Random) -> list[Event]:
    """What one turn leaves behind: some begin or end the form, some fill its slot."""
    said = UserUttered(f"第{number}句", {"name": "ask_policy", "confidence": 1.0})
    loop: list[Event] = [ActiveLoop("errand_form")] if chance.random() < 0.1 else []
    if chance.random() < 0.1:
        loop = [ActiveLoop(None), SlotSet("requested_slot", None)]
    slots: list[Event] = [SlotSet("requested_slot", "errand_answer")] if chance.random() < 0.3 else []
    answer = [ActionExecuted("utter_policy_answer"), BotUttered(f"答{number}")]
    return [said, *loop, *slots, *answer, ActionExecuted("action_listen")]


def visible(tracker: DialogueStateTracker | None) -> object:
    """All of a tracker that rules, forms and answers look at."""
    assert tracker is not None
    tail = [(event.type_name, event.as_dict().get("text")) for event in tracker.applied_events()[-FEWEST_EVENTS:]]
    return tracker.current_slot_values(), tracker.active_loop_name, tracker.latest_action, tail


class Two:
    """The store under test and Rasa's, told the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = self.another()
        self.plain = SQLTrackerStore(DOMAIN, db="")

    def another(self) -> LiveTrackerStore:
        """As a second process would open it."""
        return LiveTrackerStore(DOMAIN, db=str(self.folder / "live.db"))

    def tell(self, events: list[Event], store: LiveTrackerStore | None = None) -> None:
        for each in (store or self.live, self.plain):
            tracker = asyncio.run(each.get_or_create_tracker("someone", append_action_listen=False))
            for event in events:
                tracker.update(event)
            asyncio.run(each.save(tracker))

    def seen(self, store: SQLTrackerStore | None = None) -> object:
        return visible(asyncio.run((store or self.live).retrieve("someone")))

    def stored(self, store: SQLTrackerStore) -> list[str]:
        with store.session_scope() as session:
            return [row.type_name for row in session.query(store.SQLEvent).order_by(store.SQLEvent.id)]


@pytest.fixture
def two(tmp_path: Path) -> Two:
    two = Two(tmp_path)
    two.tell(opening())
    return two


@pytest.mark.parametrize("seed", range(3))
def test_it_remembers_what_rasas_own_store_remembers(two: Two, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(60):
        two.tell(turn(number, chance))
        assert two.seen() == two.seen(two.plain)
    assert two.seen(two.another()) == two.seen(two.plain)
    assert two.stored(two.live) == two.stored(two.plain)


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_is_what_rasa_makes_by_replaying(seed: int) -> None:
    chance = random.Random(seed)
    tracker = LiveTracker.from_events("someone", opening(), DOMAIN.slots)
    for number in range(30):
        for event in turn(number, chance):
            tracker.update(event)
            made, replayed = tracker.copy(), DialogueStateTracker.copy(tracker)
            state = {name: value for name, value in vars(replayed).items() if name != "slots"}
            assert {name: vars(made)[name] for name in vars(made) if name != "slots"} == state
            assert made.current_state(EventVerbosity.ALL) == replayed.current_state(EventVerbosity.ALL)
    before = tracker.current_state(EventVerbosity.ALL)
    for event in (UserUttered("还有"), SlotSet("requested_slot", "别的"), ActiveLoop("errand_form")):
        made.update(event)
    made.interrupt_loop(True)
    assert tracker.current_state(EventVerbosity.ALL) == before


def test_a_form_begun_long_ago_is_still_active_when_read_cold(two: Two) -> None:
    never = random.Random()
    never.random = lambda: 1.0  # type: ignore[method-assign]
    two.tell([ActiveLoop("errand_form"), SlotSet("requested_slot", "errand_answer")])
    for number in range(MOST_EVENTS // 3):
        two.tell(turn(number, never))
    cold = asyncio.run(two.another().retrieve("someone"))
    assert cold is not None
    assert cold.active_loop_name == "errand_form"
    assert cold.get_slot("requested_slot") == "errand_answer"
    assert len(cold.events) <= MOST_EVENTS


def test_a_new_session_ends_what_was_in_force(two: Two) -> None:
    never = random.Random()
    never.random = lambda: 1.0  # type: ignore[method-assign]
    two.tell([ActiveLoop("errand_form"), *opening()])
    for number in range(MOST_EVENTS // 3):
        two.tell(turn(number, never))
    for store in (two.live, two.another()):
        tracker = asyncio.run(store.retrieve("someone"))
        assert tracker is not None and tracker.active_loop_name is None


def test_what_is_held_does_not_grow(two: Two) -> None:
    chance = random.Random(1)
    held = []
    for number in range(150):
        two.tell(turn(number, chance))
        tracker = asyncio.run(two.live.retrieve("someone"))
        assert tracker is not None
        held.append(len(tracker.events))
    assert max(held) <= MOST_EVENTS
    assert min(held[60:]) >= FEWEST_EVENTS


def test_another_process_has_written(two: Two) -> None:
    chance, other = random.Random(2), two.another()
    for number in range(20):
        two.tell(turn(number, chance), store=(two.live, other)[number % 2])
    assert two.seen() == two.seen(other) == two.seen(two.plain)
    assert two.stored(two.live) == two.stored(two.plain)


def test_a_turn_that_was_broken_off_leaves_nothing(two: Two) -> None:
    two.tell(turn(1, random.Random(3)))
    tracker = asyncio.run(two.live.retrieve("someone"))
    assert tracker is not None
    tracker.update(UserUttered("说了一半"))
    assert two.seen() == two.seen(two.plain)


def test_a_kept_tracker_is_not_read_again(two: Two) -> None:
    two.tell(turn(1, random.Random(4)))
    assert asyncio.run(two.live.retrieve("someone")) is asyncio.run(two.live.retrieve("someone"))


def test_forgotten_is_gone(two: Two) -> None:
    two.tell(turn(1, random.Random(5)))
    asyncio.run(two.live.delete("someone"))
    assert asyncio.run(two.live.retrieve("someone")) is None
    assert asyncio.run(two.another().retrieve("someone")) is None
    asyncio.run(two.live.delete("nobody"))


def test_a_short_talk_is_not_shortened() -> None:
    events = [*opening(), *turn(1, random.Random(6))]
    assert shortened(events) == events

"""The quicker look-up of rules predicts what Rasa's own predicts."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.training import load_data
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.rules import QuickRulePolicy

ROOT = Path(__file__).parents[2]
FORM = "errand_form"


class Both:
    """Rasa's policy with this project's rules, and ours with the same."""

    def __init__(self, folder: Path) -> None:
        self.domain = Domain.load(str(ROOT / "domain.yml"))
        trackers = load_data(str(ROOT / "data" / "rules"), self.domain, augmentation_factor=0)
        self.plain, self.quick = (self._made(kind, folder) for kind in (RulePolicy, QuickRulePolicy))
        self.plain._create_lookup_from_trackers([each for each in trackers if each.is_rule_tracker], [], self.domain)
        self.quick.lookup = self.plain.lookup

    def _made(self, kind: type[RulePolicy], folder: Path) -> RulePolicy:
        config = {**RulePolicy.get_default_config(), "core_fallback_action_name": "utter_not_understood"}
        context = ExecutionContext(GraphSchema({}), "rules")
        return kind(config, LocalModelStorage(folder), Resource("rules"), context)

    def predicted(self, policy: RulePolicy, tracker: DialogueStateTracker) -> Any:
        found = policy.predict_action_probabilities(tracker, self.domain)
        best = max(range(len(found.probabilities)), key=found.probabilities.__getitem__)
        return self.domain.action_names_or_texts[best], found.max_confidence, found.is_no_user_prediction, found.events


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("rules"))


def said(both: Both, chance: random.Random) -> UserUttered:
    return UserUttered("说了一句", {"name": chance.choice(both.domain.intents), "confidence": 1.0})


def after(action: str, chance: random.Random) -> list[Event]:
    """What may follow an action: forms begin, ask, are left, and begin again."""
    if action == FORM:
        if chance.random() < 0.2:
            return [ActionExecutionRejected(FORM)]
        ends = chance.random() < 0.2
        slot = None if ends else "errand_answer"
        return [ActiveLoop(None if ends else FORM), SlotSet("requested_slot", slot), BotUttered("请说。")]
    return [BotUttered("好。")] if action.startswith("utter") else []


@pytest.mark.parametrize("seed", range(6))
def test_it_predicts_what_rasa_predicts(both: Both, seed: int) -> None:
    chance = random.Random(seed)
    events: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    tracker = DialogueStateTracker.from_events("someone", events, both.domain.slots)
    compared = 0
    for _ in range(25):
        tracker.update(said(both, chance))
        for _ in range(4):
            found = both.predicted(both.plain, tracker)
            assert both.predicted(both.quick, tracker) == found
            compared += 1
            tracker.update(ActionExecuted(found[0]))
            if found[0] == "action_listen":
                break
            for event in after(found[0], chance):
                tracker.update(event)
        else:
            tracker.update(ActionExecuted("action_listen"))
    assert compared >= 50


def test_it_looks_at_the_end_only(both: Both) -> None:
    tracker = talk(both, 30)
    states = both.quick._prediction_states(tracker, both.domain)
    assert both.quick._longest_rule() < len(states) < len(both.plain._prediction_states(tracker, both.domain)) / 3


def test_what_was_taken_back_is_looked_at_as_rasa_does(both: Both) -> None:
    tracker = talk(both, 30)
    tracker.update(UserUttered("这句不算"))
    tracker.update(UserUtteranceReverted())
    assert both.quick._prediction_states(tracker, both.domain) == both.plain._prediction_states(tracker, both.domain)


def talk(both: Both, turns: int) -> DialogueStateTracker:
    said: list[Event] = [SessionStarted(), ActionExecuted("action_listen")]
    for _ in range(turns):
        said += [UserUttered("办什么要什么", {"name": "ask_policy", "confidence": 1.0})]
        said += [ActionExecuted("utter_ask_policy"), BotUttered("答。"), ActionExecuted("action_listen")]
    return DialogueStateTracker.from_events("someone", said, both.domain.slots)

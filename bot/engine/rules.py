"""Rasa's rules, looked up without replaying the whole conversation and without trying every rule on it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted, ActionReverted, Restarted, SessionStarted, UserUtteranceReverted
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.trackers import in_force

_UNDOING = (ActionReverted, Restarted, UserUtteranceReverted)
_Place = Tuple[Optional[Text], Optional[Text]]
"""The action before, and the intent, that a rule wants at its end; None where it does not mind."""


class QuickRulePolicy(RulePolicy):
    """Predicts what RulePolicy predicts; for one that is trained, whose rules do not change any more."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._indexes: List[Tuple[Dict[Text, Text], Dict[_Place, List[Text]]]] = []
        self._longest: Optional[int] = None

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: Optional[Dict[Text, Any]] = None,
    ) -> List[State]:
        """The last states only, if they are more than the longest rule has: no rule looks further back."""
        end = self._end_of(tracker, domain)
        if end is not None:
            states = super()._prediction_states(end, domain, use_text_for_last_user_input, rule_only_data)
            if len(states) > self._longest_rule():
                return states
        return super()._prediction_states(tracker, domain, use_text_for_last_user_input, rule_only_data)

    def _end_of(self, tracker: DialogueStateTracker, domain: Domain) -> Optional[DialogueStateTracker]:
        """From some turn on; None where there is little before it, or where what came last may reach back beyond it."""
        events = list(tracker.events)
        if tracker.active_loop_name or any(isinstance(event, _UNDOING) for event in events):
            return None
        actions = 0
        for place in range(len(events) - 1, 0, -1):
            event = events[place]
            if isinstance(event, SessionStarted):
                return None
            if isinstance(event, ActionExecuted):
                actions += 1
                if actions > self._longest_rule() and event.action_name == ACTION_LISTEN_NAME:
                    kept = [*in_force(events[:place]), *events[place:]]
                    return DialogueStateTracker.from_events(tracker.sender_id, kept, domain.slots)
        return None

    def _longest_rule(self) -> int:
        if self._longest is None:
            rules = [*self.lookup[RULES], *self.lookup.get(RULES_FOR_LOOP_UNHAPPY_PATH, ())]
            self._longest = max((len(self._rule_key_to_state(key)) for key in rules), default=0)
        return self._longest

    def _get_possible_keys(self, lookup: Dict[Text, Text], states: List[State]) -> Any:
        """Tries only the rules that end where the conversation stands."""
        if not states or not states[-1].get(PREVIOUS_ACTION):
            return super()._get_possible_keys(lookup, states)
        action = states[-1][PREVIOUS_ACTION].get("action_name")
        intent = states[-1].get(USER, {}).get("intent")
        index = self._index(lookup)
        places = {(action, intent), (action, None), (None, intent), (None, None)}
        likely = {key: lookup[key] for place in places for key in index.get(place, ())}
        return super()._get_possible_keys(likely, states)

    def _index(self, lookup: Dict[Text, Text]) -> Dict[_Place, List[Text]]:
        for known, index in self._indexes:
            if known is lookup:
                return index
        made: Dict[_Place, List[Text]] = defaultdict(list)
        for key in lookup:
            last = self._rule_key_to_state(key)[-1]
            wanted = last.get(PREVIOUS_ACTION, {}).get("action_name"), last.get(USER, {}).get("intent")
            action, intent = (each if each and each != SHOULD_NOT_BE_SET else None for each in wanted)
            made[action, intent].append(key)
        self._indexes.append((lookup, made))
        return made

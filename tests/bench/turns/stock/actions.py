"""The custom actions of the stock project: an answer for each measure, and the form's validation."""

import json
from pathlib import Path

from rasa_sdk import Action, FormValidationAction

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))


def _answer(measure):
    class Answer(Action):
        def name(self):
            return f"action_{measure}"

        def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text=f"[{measure}] {ANSWERS[measure]}")
            return []

    return Answer


for _measure in ANSWERS:
    globals()[f"Answer_{_measure}"] = _answer(_measure)


class ValidateRegistration(FormValidationAction):
    def name(self):
        return "validate_registration_form"

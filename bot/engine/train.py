"""Rasa's own training, without the fingerprints by which it would find out what to train anew.

`python -m bot.engine.train …` takes what `rasa train …` takes and makes the same model; `rasa train` works too, only
slower.  Whether to train at all is decided before, by tooling/training.py, over the files that the model is made from.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Text

from rasa.engine.training import graph_trainer, hooks
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message


class NothingKept(hooks.TrainingHook):
    """Of 66,000 sentences each component's fingerprints took a minute in all."""

    def on_before_node(self, *_: Any, **__: Any) -> Dict[Text, Any]:
        return {}

    def on_after_node(self, *_: Any, **__: Any) -> None:
        return None


def _hash(message: Message) -> int:
    """What is equal has the same text; Rasa hashes all of a message, features included, to drop what is double."""
    return hash(message.data.get(TEXT))


def install() -> None:
    graph_trainer.TrainingHook = NothingKept
    Message.__hash__ = _hash  # type: ignore[assignment]


def main(arguments: List[Text]) -> None:
    from rasa.__main__ import main as rasa

    install()
    sys.argv = ["rasa", "train", "--force", *arguments]
    rasa()


if __name__ == "__main__":
    main(sys.argv[1:])

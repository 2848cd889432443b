"""What is measured of any understanding of the evaluation sets, whatever produced it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.eval.sets import Question

BINS = 10
ASKING = frozenset({"ask_policy", "check_eligibility", "apply"})


class Understood(NamedTuple):
    """One message as a pipeline understood it; ``measures`` are ranked, with the confidence of the first.

    ``asked`` are the measures of the separate questions that it found in the message.
    """

    intent: str
    measures: tuple[str, ...]
    confidence: float
    asked: tuple[str, ...]


Pipeline = Callable[[Sequence[str]], list[Understood]]


def share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else float("nan")


def first_right(question: Question, understood: Understood) -> bool:
    return bool(understood.measures) and understood.measures[0] in question.measures


def all_asked(question: Question, understood: Understood) -> bool:
    """Every question of the message got its own measure."""
    return set(question.measures) <= set(understood.asked)


def calibration_error(questions: Sequence[Question], results: Sequence[Understood]) -> float:
    """Expected calibration error of the first measure's confidence, over equally wide bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for question, understood in zip(questions, results, strict=True):
        place = min(int(understood.confidence * BINS), BINS - 1)
        bins[place].append((understood.confidence, first_right(question, understood)))
    return sum(
        abs(sum(chance for chance, _ in members) - sum(right for _, right in members)) / len(questions)
        for members in bins.values()
    )


def macro_f1(questions: Sequence[Question], results: Sequence[Understood]) -> float:
    """The mean F1 over the intents of the set."""
    scores = []
    for intent in {question.intent for question in questions}:
        expected = [question.intent == intent for question in questions]
        found = [understood.intent == intent for understood in results]
        right = sum(a and b for a, b in zip(expected, found, strict=True))
        total = sum(expected) + sum(found)
        scores.append(2 * right / total if total else 0.0)
    return sum(scores) / len(scores)


def report(
    pipeline: Pipeline, policy: list[Question], strange: list[Question], intents: list[Question]
) -> dict[str, float]:
    """All figures of one pipeline, shares from 0 to 1, by name."""
    single = [question for question in policy if question.noise != "multi"]
    several = [question for question in policy if question.noise == "multi"]
    results = pipeline([question.text for question in single])
    pairs = list(zip(single, results, strict=True))
    clean = [pair for pair in pairs if pair[0].noise == "clean"]
    noisy = [pair for pair in pairs if pair[0].noise != "clean"]
    on_intents = pipeline([question.text for question in intents])
    figures = {
        "first measure right": share([first_right(*pair) for pair in pairs]),
        "· clean": share([first_right(*pair) for pair in clean]),
        "· with noise": share([first_right(*pair) for pair in noisy]),
        "among the first three": share([bool(set(q.measures) & set(u.measures[:3])) for q, u in pairs]),
        "both of two questions": share(
            [all_asked(*pair) for pair in zip(several, pipeline([q.text for q in several]), strict=True)]
        ),
        "out of scope caught": share([u.intent == "out_of_scope" for u in pipeline([q.text for q in strange])]),
        "questions refused": share([u.intent == "out_of_scope" for u in results]),
        "intent F1": macro_f1(intents, on_intents),
        "calibration error": calibration_error(single, results),
    }
    for kind in sorted({question.noise for question in single} - {"clean"}):
        figures[f"noise: {kind}"] = share([first_right(*pair) for pair in pairs if pair[0].noise == kind])
    for voice in sorted({question.voice for question in single}):
        figures[f"voice: {voice}"] = share([first_right(*pair) for pair in pairs if pair[0].voice == voice])
    return figures

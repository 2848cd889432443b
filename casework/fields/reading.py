"""One reader for every type of field, and whether a text is an answer and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from casework.fields.amounts import exact_amount, exact_number, read_amount, read_number
from casework.fields.answer import Question, Reading, Value, Wrong, asks
from casework.fields.choosing import exact_choice, exact_choices, exact_yes_no, read_choice, read_choices, read_yes_no
from casework.fields.codes_of_things import read_bank_card, read_credit_code, read_mobile, read_phone
from casework.fields.dates import read_date
from casework.fields.free_text import commands, cores, plain, read_address, read_file, read_text
from casework.fields.identity import read_identity
from casework.fields.places import exact_places, read_place
from casework.fields.words import read_name
from policy_kb.model import Place
from policy_kb.procedures import ApplicationField, FieldType

_LONGEST = 2000
"""Characters; more than that is no answer to any question, and would only cost time."""
_READERS: Mapping[FieldType, Callable[[Question, str], Value | Wrong]] = {
    "place": lambda question, text: read_place(text, question.places),
    "address": lambda question, text: read_address(question.field, text),
    "amount": lambda question, text: read_amount(question.field, text),
    "number": lambda question, text: read_number(question.field, text),
    "choice": lambda question, text: read_choice(question.field, text),
    "choices": lambda question, text: read_choices(question.field, text),
    "yes_no": lambda question, text: read_yes_no(text),
    "text": lambda question, text: read_text(question.field, text),
    "file": lambda question, text: read_file(text),
}

_WITH_REST: Mapping[FieldType, Callable[[Question, str], Reading]] = {
    "name": read_name,
    "identity": read_identity,
    "credit_code": read_credit_code,
    "mobile": read_mobile,
    "phone": read_phone,
    "bank_card": read_bank_card,
    "date": read_date,
}
"""The readers that tell themselves what of the text is not the answer."""

_EXACT: Mapping[FieldType, Callable[[Question, str], bool]] = {
    "place": lambda question, core: bool(exact_places(core, question.places)),
    "amount": lambda question, core: exact_amount(core) is not None,
    "number": lambda question, core: exact_number(core) is not None,
    "choice": lambda question, core: exact_choice(question.field, core) is not None,
    "choices": lambda question, core: exact_choices(question.field, core) is not None,
    "yes_no": lambda question, core: exact_yes_no(core) is not None,
    "file": lambda question, core: isinstance(read_file(core), Value),
}
"""Whether a text without its polite words is an answer and nothing else."""


def read(field: ApplicationField, text: str, today: date, places: Sequence[Place]) -> Value | Wrong:
    """The answer that ``text`` gives to ``field``, or how to mend it; never raises.

    ``today`` is the local calendar day; ``places`` are the prefectures and counties of the knowledge base.
    The value is JSON: a date {"from": day, "to": day} in ISO, the same twice where the day is known; a place its
    county's code; a choice its id, choices their ids in the list's order; yes_no bool; amount (yuan) and number
    int or float; all else str.  What is shown reads again to the same value, but for files.
    """
    if field.type not in ("text", "address") and len(text) > _LONGEST:
        return Wrong("太长了，请只说答案。")
    question = Question(field, today, places)
    if field.type in _WITH_REST:
        return _WITH_REST[field.type](question, plain(text)).outcome
    return _READERS[field.type](question, text)


def certain(field: ApplicationField, text: str, today: date, places: Sequence[Place]) -> bool:
    """Whether ``text`` is nothing but an answer to ``field``, polite words allowed, so that it is no question
    or command of another kind.  Free text and addresses can be anything, and never are certain.
    """
    said = plain(text)
    if field.type in ("text", "address") or not said or len(said) > _LONGEST:
        return False
    question = Question(field, today, places)
    named = field.type in ("choice", "choices") and _named_whole(question, said)
    if not named and (asks(said) or commands(said)):
        return False
    return isinstance(read(field, text, today, places), Value) and _nothing_else(question, said)


def _named_whole(question: Question, said: str) -> bool:
    """A choice's own name is an answer even where it sounds like a command: 不想找了."""
    return exact_choice(question.field, said) is not None


def _nothing_else(question: Question, said: str) -> bool:
    if exact := _EXACT.get(question.field.type):
        return any(exact(question, core) for core in cores(said))
    return not _WITH_REST[question.field.type](question, said).rest

"""The shapes of what people do: the applications that they file and the guides that walk them through.

Field names are the keys of the YAML files, as in :mod:`policy_kb.model`.
"""

from __future__ import annotations

from typing import Literal

from policy_kb.model import Frozen, Quote

FieldType = Literal[
    "name",
    "identity",
    "credit_code",
    "mobile",
    "phone",
    "bank_card",
    "date",
    "place",
    "address",
    "amount",
    "number",
    "choice",
    "choices",
    "yes_no",
    "text",
    "file",
]
"""name: a person's.  identity: resident ID and the other papers that GB 11643 and the immigration law know.
phone: mobile or landline.  amount: yuan.  choices: several of the list.  file: a picture or a PDF."""

Section = Literal["basic", "history", "skills", "wants", "claim"]
"""The notice's 四清 (1.2): basic information, employment history, skills, wishes; claim is all else."""

Level = Literal["community", "township", "county", "prefecture", "province"]


class Choice(Frozen, frozen=True):
    """One answer of a list; ``also`` are other words that people say for it."""

    id: str
    title: str
    also: tuple[str, ...] = ()


class When(Frozen, frozen=True):
    """Holds where the answer to ``field`` is one of ``one_of`` (choice ids, or yes / no)."""

    field: str
    one_of: tuple[str, ...]


class ApplicationField(Frozen, frozen=True):
    """One thing that an application asks for.

    ``prompt`` is the question, ``help`` an example or how to find the answer, ``why`` the reason for asking.
    ``personal`` answers go into the vault.  ``when``: asked only if all of these hold.  ``fact`` is the id of
    the person's profile fact that it reuses and updates.  ``told_by`` names the identity field whose number
    tells the answer (birth date, sex), so that it is not asked.  ``least`` and ``most`` bound amounts (yuan),
    numbers, and a date relative to today in days (most: 0 is “not in the future”); for text, characters.
    """

    id: str
    type: FieldType
    label: str
    prompt: str
    help: str
    why: str
    section: Section = "claim"
    personal: bool = False
    optional: bool = False
    choices: tuple[Choice, ...] = ()
    when: tuple[When, ...] = ()
    fact: str | None = None
    told_by: str | None = None
    least: int | None = None
    most: int | None = None


class Consent(Frozen, frozen=True):
    """What a person agrees to before the first question; ``version`` rises when the words change.

    ``purpose``: what the answers are used for.  ``recipients``: who gets them.  ``kept``: how long.
    Law: 《个人信息保护法》 articles 13 to 17 and, where ``sensitive`` names something, 28 to 30.
    """

    version: str
    purpose: str
    recipients: str
    kept: str
    sensitive: str | None = None


class DecidedBy(Frozen, frozen=True):
    """Who decides: the id of a contact, and the administrative level where it is done."""

    contact: str
    level: Level
    basis: str | None = None
    """Id of the supplement that says so; None where it is the notice's own wording or local practice."""


class TimeLimit(Frozen, frozen=True):
    """Working days to the decision.  None: no source gives a number, it is set locally."""

    working_days: int | None = None
    runs_from: Literal["filed", "accepted"] = "filed"
    """What the source counts from: the day of filing, or the day on which the case was taken on (立案)."""
    source: str | None = None
    """Id of the supplement that gives the number; required with it."""
    note: str | None = None


class Application(Frozen, frozen=True):
    """What is asked for and who decides, for one fileable measure.  ``id`` is the measure's.

    ``opening``: one sentence, what this files and what it does not promise.  ``identified_by``: the identity
    (or credit code) field by which the same applicant is recognised; None where anybody may file repeatedly
    (a report).  ``outcomes``: the words for a case granted and refused.
    """

    id: str
    title: str
    applicant: Literal["person", "employer"]
    opening: str
    consent: Consent
    fields: tuple[ApplicationField, ...]
    decided_by: DecidedBy
    time_limit: TimeLimit
    outcomes: dict[Literal["granted", "refused"], str]
    identified_by: str | None = None
    on_behalf: bool = True
    """Whether a member of the family may file it for the person."""

    def field(self, field_id: str) -> ApplicationField:
        """Raises KeyError for an id that the application does not have."""
        for field in self.fields:
            if field.id == field_id:
                return field
        raise KeyError(f"{self.id} has no field {field_id}")


class Branch(Frozen, frozen=True):
    """A choice at a step: what its button says, other words for it, and the step that it leads to."""

    title: str
    to: str
    also: tuple[str, ...] = ()


class GuideStep(Frozen, frozen=True):
    """One message of a guide.  Without branches it leads to ``to``, or to the step after it in the file.

    ``last`` ends the guide here.  ``supplements`` are cited, ``ask`` is the contact to ask.
    """

    id: str
    text: str
    quotes: tuple[Quote, ...] = ()
    supplements: tuple[str, ...] = ()
    ask: str | None = None
    branches: tuple[Branch, ...] = ()
    to: str | None = None
    last: bool = False


class Guide(Frozen, frozen=True):
    """A walk-through.  ``application``: what may be filed directly from every step.  ``phrases``: its names."""

    id: str
    title: str
    measure: str
    steps: tuple[GuideStep, ...]
    application: str | None = None
    phrases: tuple[str, ...] = ()

    def step(self, step_id: str) -> GuideStep:
        """Raises KeyError for an id that the guide does not have."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(f"{self.id} has no step {step_id}")

    def after(self, step: GuideStep) -> str | None:
        """The step that 下一步 leads to; None at the end and where a branch has to be chosen."""
        if step.last or step.branches:
            return None
        if step.to is not None:
            return step.to
        index = self.steps.index(step)
        return self.steps[index + 1].id if index + 1 < len(self.steps) else None

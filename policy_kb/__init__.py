"""What the sources say, as data, with a typed loader, validity and checks.

The rest of Yunjiu reads policy through :func:`policy_kb.load` and nothing else.  This package imports
nothing of the rest, and runs in both environments (Python 3.10 beside Rasa, and a current one).
"""

from policy_kb.knowledge import KnowledgeBase, load
from policy_kb.model import (
    ASPECTS,
    Aspect,
    Citation,
    Clause,
    Contact,
    Measure,
    Source,
    Supplement,
    Validity,
    ValidityState,
)
from policy_kb.procedures import Application, ApplicationField, Guide, GuideStep

__all__ = [
    "ASPECTS",
    "Application",
    "ApplicationField",
    "Aspect",
    "Citation",
    "Clause",
    "Contact",
    "Guide",
    "GuideStep",
    "KnowledgeBase",
    "Measure",
    "Source",
    "Supplement",
    "Validity",
    "ValidityState",
    "load",
]

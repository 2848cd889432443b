"""The rules of eligibility once more, as plain Python written from the sources alone: a check on policy_kb/rules."""

from tests.policy_kb.eligibility.second import clauses_1_to_3, clauses_4_to_7
from tests.policy_kb.eligibility.second.person import Judge

MEASURES: dict[str, Judge] = clauses_1_to_3.MEASURES | clauses_4_to_7.MEASURES

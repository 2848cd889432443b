"""Who may have what, by the rules of policy_kb/rules, and why.

    evaluator = Evaluator(policy_kb.load())
    evaluator.judge({"registered": True, "age": Range(40, 49), "hardship": DONT_KNOW}, date(2026, 11, 23))

Only this package says eligible.  Missing knowledge is never a no: it is an outcome of its own, with the facts that
could still settle it.
"""

from policy_kb.eligibility.evaluator import Evaluator, WrongFact
from policy_kb.eligibility.model import Condition, Fact, Parameters, Rule, Statement
from policy_kb.eligibility.retirement import retirement
from policy_kb.eligibility.values import DONT_KNOW, DontKnow, Known, Range
from policy_kb.eligibility.verdict import Applicant, Outcome, Trace, Verdict

__all__ = [
    "DONT_KNOW",
    "Applicant",
    "Condition",
    "DontKnow",
    "Evaluator",
    "Fact",
    "Known",
    "Outcome",
    "Parameters",
    "Range",
    "Rule",
    "Statement",
    "Trace",
    "Verdict",
    "WrongFact",
    "retirement",
]

"""A person of whom everything is known, and counting by the calendar."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from policy_kb.eligibility import Outcome


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that rules may look at; the choices are those of facts.yml.

    ``certificate``: the newest certificate's day of issue, None without one.  ``last_job``: first day of the last
    job and first day without work, None for who was never recognised as 就业困难人员.
    ``loan_amount`` is None for who has no business in mind.  Months and yuan are whole.
    """

    birth: date
    sex: str
    post: str
    work: str
    registered: bool
    benefit: str
    job_wish: str
    hardship: bool
    business: str
    wants_training: bool
    wants_flexible: bool
    able_to_work: bool
    job_loss_reason: str
    insured_months: int
    certificate: date | None
    last_job: tuple[date, date] | None
    loan_amount: int | None
    startup_loan: bool
    pandemic_stopped: bool
    dibao: bool
    income_over_dibao: bool
    rights_harmed: bool
    disability: bool
    poverty_lifted: bool
    low_income: bool
    zero_employment: bool
    unemployed_graduate: bool

    @property
    def works(self) -> bool:
        """4.2 counts odd jobs and work for platforms among the kinds of employment."""
        return self.work in ("employed", "self_employed", "platform", "casual")


Judge = Callable[[Person, date], Outcome]


def later(day: date, months: int) -> date:
    """The same day of a later month; the month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def full_months(first: date, last: date) -> int:
    """Completed months from ``first`` to ``last``, by trying; 0 where ``last`` is earlier."""
    months = 0
    while later(first, months + 1) <= last:
        months += 1
    return months


def full_years(birth: date, day: date) -> int:
    """Complete on the birthday itself."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


# Who: (age before the reform, one month later for every so many months of birth, most months later).  F-90.
SCHEDULE = {"male": (60, 4, 36), "manager": (55, 4, 36), "worker": (50, 2, 60)}


def retirement_month(birth: date, sex: str, post: str) -> date:
    """First day of the month of statutory retirement, walked through month by month from January 2025 (F-90)."""
    years, step, most = SCHEDULE["male" if sex == "male" else post]
    before = later(birth.replace(day=1), 12 * years)
    delay, reached = 0, date(2025, 1, 1)
    while reached <= before and delay < most:
        delay, reached = delay + 1, later(reached, step)
    return later(before, delay)

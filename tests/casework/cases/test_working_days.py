from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.cases.working_days import Deadline, add_working_days, is_working_day, local_day, working_days_between


def test_national_day_2026_and_its_make_up_days() -> None:
    # 20 September (Sunday) and 10 October (Saturday) are worked for 1 to 7 October.
    assert is_working_day(date(2026, 9, 20)) and is_working_day(date(2026, 10, 10))
    assert not is_working_day(date(2026, 10, 1)) and not is_working_day(date(2026, 10, 7))
    assert add_working_days(date(2026, 9, 30), 1) == Deadline(date(2026, 10, 8))
    assert add_working_days(date(2026, 9, 30), 3) == Deadline(date(2026, 10, 10))
    assert add_working_days(date(2026, 9, 30), 4) == Deadline(date(2026, 10, 12))
    assert add_working_days(date(2026, 9, 18), 1) == Deadline(date(2026, 9, 20))


def test_a_year_without_a_calendar_counts_monday_to_friday_and_says_so() -> None:
    assert add_working_days(date(2026, 12, 30), 1) == Deadline(date(2026, 12, 31), provisional=False)
    assert add_working_days(date(2099, 1, 1), 1) == Deadline(date(2099, 1, 2), provisional=True)
    assert add_working_days(date(2099, 1, 2), 1) == Deadline(date(2099, 1, 5), provisional=True)


def test_no_days_more_is_the_day_itself_or_the_next_working_day() -> None:
    assert add_working_days(date(2026, 9, 30), 0).day == date(2026, 9, 30)
    assert add_working_days(date(2026, 10, 2), 0).day == date(2026, 10, 8)


def test_a_deadline_does_not_lie_behind() -> None:
    with pytest.raises(ValueError):
        add_working_days(date(2026, 9, 30), -1)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 80))
def test_counting_on_and_counting_between_agree(day: date, count: int) -> None:
    deadline = add_working_days(day, count).day
    assert is_working_day(deadline)
    assert working_days_between(day, deadline) == count
    assert working_days_between(day, deadline - timedelta(days=1)) == count - 1


def test_nothing_lies_between_a_day_and_one_before_it() -> None:
    assert working_days_between(date(2026, 9, 30), date(2026, 9, 1)) == 0


def test_the_local_day_begins_at_sixteen_hours_utc() -> None:
    assert local_day(datetime(2026, 9, 30, 15, 59)) == date(2026, 9, 30)
    assert local_day(datetime(2026, 9, 30, 16, 0)) == date(2026, 10, 1)

from hypothesis import given
from hypothesis import strategies as st

from casework.cases.references import new_reference, parse, shown

DIGITS = "0123456789"


def test_a_new_reference_has_twelve_digits_no_leading_zero_and_is_not_repeated() -> None:
    drawn = {new_reference() for _ in range(500)}
    assert len(drawn) == 500
    assert all(len(each) == 12 and each.isdigit() and each[0] != "0" for each in drawn)


def test_it_is_read_however_it_is_typed() -> None:
    reference = new_reference()
    wide = reference.translate({ord(digit): ord("０") + int(digit) for digit in DIGITS})
    typed = (
        shown(reference),
        shown(reference).replace(" ", "-"),
        wide,
        f"  {reference}\n",
        "，".join(reference).replace("，", "　"),
    )
    assert [parse(each) for each in typed] == [reference] * len(typed)
    assert [len(group) for group in shown(reference).split()] == [4, 4, 4]


@given(st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_found(place: int, more: int) -> None:
    reference = new_reference()
    wrong = str((int(reference[place]) + more) % 10)
    assert parse(reference[:place] + wrong + reference[place + 1 :]) is None


@given(st.integers(0, 10))
def test_swapped_neighbours_are_found(place: int) -> None:
    reference = new_reference()
    swapped = reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
    assert parse(swapped) == (reference if swapped == reference else None)


def test_what_is_no_reference_is_none() -> None:
    reference = new_reference()
    for text in ("", reference[:-1], reference + "0", "十二位数字", "١" * 12, "²" * 12, reference[:-1] + "x"):
        assert parse(text) is None

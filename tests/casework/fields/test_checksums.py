"""Numbers with a check character: all good ones are read, and no slip that it can see passes."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric, uscc

from casework.fields import Value, Wrong, read
from policy_kb.procedures import ApplicationField, FieldType

TODAY = date(2026, 11, 23)
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REGIONS = [
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    71,
    81,
    82,
    83,
]


def ask(kind: FieldType, text: str) -> Value | Wrong:
    return read(ApplicationField(id="x", type=kind, label="", prompt="", help="", why=""), text, TODAY, ())


@st.composite
def identities(draw: st.DrawFn) -> str:
    born = draw(st.dates(TODAY - timedelta(days=119 * 365), TODAY))
    body = f"{draw(st.sampled_from(REGIONS))}{draw(st.integers(0, 9999)):04}{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + ric.calc_check_digit(f"{body}0")


@st.composite
def foreigners(draw: st.DrawFn) -> str:
    born = draw(st.dates(TODAY - timedelta(days=119 * 365), TODAY))
    province = draw(st.sampled_from([region for region in REGIONS if region < 70]))
    body = f"9{province}{draw(st.integers(0, 999)):03}{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + ric.calc_check_digit(f"{body}0")


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["91", "92", "93", "11", "12", "51", "52", "N1", "N2", "A1", "Y1"]))
    body = f"{kind}{draw(st.integers(0, 999999)):06}{draw(st.text(LETTERS, min_size=9, max_size=9))}"
    return body + uscc.calc_check_digit(f"{body}0")


@st.composite
def cards(draw: st.DrawFn) -> str:
    body = draw(st.text("0123456789", min_size=11, max_size=18))
    card = body + luhn.calc_check_digit(body)
    assume(len(card) != 18 or ric.calc_check_digit(card) != card[-1])
    return card


@given(identities())
def test_every_identity_is_read_and_tells_birth_and_sex(number: str) -> None:
    outcome = ask("identity", number)
    assert isinstance(outcome, Value) and outcome.value == number
    assert outcome.tells["birth_date"] == f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    assert outcome.tells["sex"] == ("female" if number[16] in "02468" else "male")


@given(foreigners())
def test_every_new_permanent_residence_card_is_read(number: str) -> None:
    outcome = ask("identity", number)
    assert isinstance(outcome, Value) and outcome.tells["document"] == "foreign_permanent_resident"
    assert outcome.tells["birth_date"].replace("-", "") == number[6:14]


def test_residence_permits_are_told_apart() -> None:
    documents = {}
    for region in ("53", "81", "82", "83"):
        body = f"{region}000019680506002"
        outcome = ask("identity", body + ric.calc_check_digit(f"{body}0"))
        assert isinstance(outcome, Value)
        documents[region] = outcome.tells["document"]
    assert documents == {
        "53": "resident_id",
        "81": "hong_kong_permit",
        "82": "macau_permit",
        "83": "taiwan_permit",
    }


@given(st.one_of(identities(), foreigners()), st.integers(0, 16), st.sampled_from("0123456789"))
def test_no_wrong_digit_of_an_identity_passes(number: str, place: int, digit: str) -> None:
    assume(number[place] != digit)
    assert isinstance(ask("identity", number[:place] + digit + number[place + 1 :]), Wrong)


@given(identities(), st.integers(0, 15))
def test_no_swapped_digits_of_an_identity_pass(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert isinstance(ask("identity", swapped), Wrong)


@given(credit_codes())
def test_every_credit_code_is_read_in_any_case_and_spacing(code: str) -> None:
    for written in (code, code.lower(), f"{code[:6]} {code[6:]}", f"信用代码是{code}嘛"):
        outcome = ask("credit_code", written)
        assert isinstance(outcome, Value) and outcome.value == code


@given(credit_codes(), st.integers(2, 17), st.sampled_from(LETTERS))
def test_no_wrong_character_of_a_credit_code_passes(code: str, place: int, character: str) -> None:
    assume(code[place] != character)
    assert isinstance(ask("credit_code", code[:place] + character + code[place + 1 :]), Wrong)


@given(credit_codes(), st.integers(2, 16))
def test_no_swapped_characters_of_a_credit_code_pass(code: str, place: int) -> None:
    assume(code[place] != code[place + 1])
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert isinstance(ask("credit_code", swapped), Wrong)


@given(cards())
def test_every_card_is_read_in_groups_of_four(card: str) -> None:
    for written in (card, " ".join(card[at : at + 4] for at in range(0, len(card), 4))):
        outcome = ask("bank_card", written)
        assert isinstance(outcome, Value) and outcome.value == card


@given(cards(), st.integers(0, 11), st.sampled_from("0123456789"))
def test_no_wrong_digit_of_a_card_passes(card: str, place: int, digit: str) -> None:
    assume(card[place] != digit)
    assert isinstance(ask("bank_card", card[:place] + digit + card[place + 1 :]), Wrong)


@given(cards(), st.integers(0, 10))
def test_swapped_digits_of_a_card_pass_only_where_luhn_is_blind(card: str, place: int) -> None:
    first, second = card[place], card[place + 1]
    assume(first != second and {first, second} != {"0", "9"})
    swapped = card[:place] + second + first + card[place + 2 :]
    assert isinstance(ask("bank_card", swapped), Wrong)


@given(st.one_of(identities(), credit_codes(), cards()))
def test_no_message_repeats_the_number(number: str) -> None:
    wrong = str((int(number[-1], 36) + 1) % 10)
    for kind in ("identity", "credit_code", "bank_card", "mobile", "phone"):
        outcome = ask(kind, number[:-1] + wrong)
        if isinstance(outcome, Wrong):
            assert number[:6] not in outcome.message and number[-6:-1] not in outcome.message

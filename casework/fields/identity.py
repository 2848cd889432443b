"""Identity numbers: resident cards, residence permits, foreigners' permanent residence cards.

18 characters (GB 11643): the first two name a province (11 to 65), Taiwan (71), or the residence permits of
people from Hong Kong, Macau and Taiwan (81, 82, 83); then a birth date, an order number whose last digit is odd
for men, and a check character by ISO 7064 MOD 11-2.  The other four region digits are not checked: counties come
and go, a number stays for life.

Foreigners' permanent residence cards issued since December 2023 have 18 characters too: a 9, two digits of the
province, three of the nationality, then as above with the same check character.  Checked: length, birth date and
check character; the sex is not taken from it.  The cards before have three letters and twelve digits; of these
only the shape is checked, because no published rule gives their check digit.
"""

from __future__ import annotations

import re
from datetime import date

from stdnum.cn import ric

from casework.fields.answer import Question, Reading, Value, Wrong
from casework.fields.codes import Run, how_far, one_of, runs
from casework.fields.numerals import only_digits

_PROVINCES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
_REGIONS = {str(region) for first, last in _PROVINCES for region in range(first, last + 1)}
_PERMITS = {"81": "hong_kong_permit", "82": "macau_permit", "83": "taiwan_permit"}
_X = re.compile(r"(?:大写|小写)?\s*(?:叉|×|✕|╳|乂|艾克斯|埃克斯|爱克斯|ecks)", re.IGNORECASE)
_OLD_FOREIGN = re.compile(r"[A-Z]{3}\d{12}")
_OWN = r"居民|公民|永久居留|永居|居住|身份|份证|证件|证|尾号|尾数|最后一[位个]|号|大写|小写|是|码"
OLDEST = 120


def read_identity(question: Question, text: str) -> Reading:
    spelled = _X.sub("X", only_digits(text)).upper()
    found = _foreign(spelled) or runs(spelled, r"(?<![A-Z])\d", "X")
    return one_of(
        spelled,
        found,
        lambda code: _check(code, question.today),
        _OWN,
        "请发身份证号，18 位，在身份证正面最下面一行。",
        "您说了两个不一样的证件号。请只发一个，要办的这个人的。",
    )


def _foreign(text: str) -> list[Run]:
    found = re.finditer(r"(?<![A-Z])[A-Z]{3}[\s\-]*\d(?:[\s\-]*\d)*", text)
    return [Run(each.start(), each.end(), re.sub(r"[\s\-]", "", each[0]), (each[0],)) for each in found]


def _check(code: str, today: date) -> Value | Wrong:
    if code[0].isalpha():
        if _OLD_FOREIGN.fullmatch(code):
            return Value(code, code, {"document": "foreign_permanent_resident"})
        return Wrong(f"3 个字母后面应该是 12 位数字，您发的是 {len(code) - 3} 位。请对照永居证再发一次。")
    if len(code) == 15:
        return Wrong("这是 15 位的老身份证号，现在不能用了。请发新身份证上的 18 位号码。")
    if len(code) != 18:
        return Wrong(f"您发的是 {len(code)} 位，身份证号是 18 位，{how_far(code, 18)}。请对照身份证再发一次。")
    if "X" in code[:-1]:
        return Wrong("X 只会在身份证号的最后一位。请对照身份证再发一次。")
    if ric.calc_check_digit(code) != code[-1]:
        return Wrong("这个号码对不上，可能有一位打错了。请对照身份证，一位一位看一下再发。")
    foreign = code[0] == "9"
    if code[1:3] not in _REGIONS if foreign else code[:2] not in _REGIONS:
        return Wrong("身份证号开头的几位不对。请对照身份证再发一次。")
    born = _date(code[6:14])
    if born is None:
        return Wrong("身份证号中间的出生日期不对（第 7 到 14 位）。请对照身份证再发一次。")
    if born > today or today.year - born.year > OLDEST:
        return Wrong("身份证号里的出生年份不对（第 7 到 10 位）。请对照身份证再发一次。")
    shown = f"{code[:6]} {code[6:14]} {code[14:]}"
    if foreign:
        return Value(code, shown, {"birth_date": born.isoformat(), "document": "foreign_permanent_resident"})
    tells = {
        "birth_date": born.isoformat(),
        "sex": "male" if int(code[16]) % 2 else "female",
        "document": _PERMITS.get(code[:2], "resident_id"),
    }
    return Value(code, shown, tells)


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None

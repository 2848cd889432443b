"""Numbers that belong to things: credit codes, telephones, bank cards."""

from __future__ import annotations

import re
from collections.abc import Callable

import phonenumbers
from phonenumbers import PhoneNumberType
from stdnum import luhn
from stdnum.cn import ric, uscc

from casework.fields.answer import Question, Reading, Value, Wrong
from casework.fields.codes import how_far, one_of, runs
from casework.fields.numerals import as_digits, only_digits

_CODE = re.compile(r"[1-9A-HJ-NP-RTUW-Y]{2}\d{6}[0-9A-HJ-NP-RTUW-Y]{10}")
_MISREAD = {"I": "1", "O": "0", "S": "5", "V": "U 或 Y", "Z": "2"}
_CODE_OWN = r"统一|社会|信用|代码|营业执照|执照|税号|公司|单位|企业|上面?|是|号"
_PHONE_OWN = r"单位|公司|家里|电话|手机|联系|方式|号码|号|座机|固话|打|这个|可以|常用"
_CARD_OWN = r"银行|卡号|卡|账号|账户|帐号|社保|工资|存折|号|农信社?|信用社|农行|工行|建行|中行|邮政|储蓄"


def read_credit_code(_question: Question, text: str) -> Reading:
    """GB 32100: 18 characters without I O S V Z, the third to the eighth digits, a check character by MOD 31.

    The first two may be letters (the ministry of agriculture's begin with N), which ``stdnum`` refuses.
    """
    spelled = as_digits(text).upper()
    found = [run for run in runs(spelled, "[0-9A-Z]") if len(run.code) > 1]
    missing = "请发统一社会信用代码，18 位，在营业执照最上面。"
    return one_of(spelled, found, _credit_code, _CODE_OWN, missing, "您说了两个不一样的代码。请只发一个。")


def _credit_code(code: str) -> Value | Wrong:
    if len(code) == 15 and code.isdigit():
        return Wrong("这是 15 位的老注册号，现在用 18 位的统一社会信用代码。它在营业执照最上面。")
    if len(code) != 18:
        return Wrong(f"您发的是 {len(code)} 位，信用代码是 18 位，{how_far(code, 18)}。请对照营业执照再发一次。")
    if misread := [letter for letter in _MISREAD if letter in code]:
        likely = "，".join(f"{letter} 可能是 {_MISREAD[letter]}" for letter in misread)
        return Wrong(f"信用代码里没有字母 {'、'.join(misread)}：{likely}。请对照营业执照再发一次。")
    if not _CODE.fullmatch(code):
        return Wrong("信用代码的第 3 到 8 位应该都是数字。请对照营业执照再发一次。")
    if uscc.calc_check_digit(code) != code[-1]:
        return Wrong("这个代码对不上，可能有一位打错了。请对照营业执照，一位一位看一下再发。")
    return Value(code, code)


def read_mobile(_question: Question, text: str) -> Reading:
    return _telephone(text, _mobile, "请发手机号，11 位数字，1 开头。")


def read_phone(_question: Question, text: str) -> Reading:
    return _telephone(text, _phone, "请发电话号码：手机号，或者带区号的座机。")


def _telephone(text: str, check: Callable[[str], Value | Wrong], missing: str) -> Reading:
    spelled = re.sub(r"\((0\d{2,3})\)", r" \1-", only_digits(text))
    found = runs(spelled, r"[+\d]")
    return one_of(spelled, found, check, _PHONE_OWN, missing, "您说了两个不一样的电话。请只发一个，最好找到您的那个。")


def _national(code: str) -> str:
    """Without the country: +86, 0086, or 86 before a whole mobile number."""
    return re.sub(r"^(?:\+86|0086|86(?=1\d{10}$))0?(?=1)|^(?:\+86|0086)", "", code)


def _mobile(code: str) -> Value | Wrong:
    national = _national(code)
    if not national.isdigit():
        return Wrong("请发中国大陆的手机号，11 位数字，1 开头。")
    if not national.startswith("1"):
        return Wrong("手机号是 1 开头的 11 位数字。请再发一次。")
    if len(national) != 11:
        return Wrong(f"您发的是 {len(national)} 位，手机号是 11 位，{how_far(national, 11)}。请再发一次。")
    number = phonenumbers.parse(national, "CN")
    if phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        return Wrong("没有这样开头的手机号，可能前几位打错了。请看一下再发。")
    return Value(national, f"{national[:3]} {national[3:7]} {national[7:]}")


def _phone(code: str) -> Value | Wrong:
    national = _national(code)
    if re.match(r"1[3-9]", national):
        return _mobile(code)
    if re.fullmatch(r"[2-9]\d{6,7}", code):
        return Wrong("座机要带上区号。请连区号一起再发一次。")
    if national != code:
        national = f"0{national.lstrip('0')}"
    wrong = Wrong("这个电话号码不对，可能少了或者多了几位。请发手机号，或者带区号的座机。")
    try:
        number = phonenumbers.parse(national, "CN")
    except phonenumbers.NumberParseException:
        return wrong
    if not phonenumbers.is_valid_number_for_region(number, "CN"):
        return wrong
    digits = phonenumbers.national_significant_number(number)
    area = phonenumbers.length_of_geographical_area_code(number)
    shown = f"0{digits[:area]}-{digits[area:]}" if area else digits
    return Value(shown, shown)


def read_bank_card(_question: Question, text: str) -> Reading:
    found = runs(only_digits(text), r"\d", "[xX]")
    missing = "请发银行卡号，在卡的正面，一般是 16 到 19 位数字。"
    return one_of(text, found, _card, _CARD_OWN, missing, "您说了两个不一样的卡号。请只发一个。")


def _card(code: str) -> Value | Wrong:
    if len(code) == 18 and code[:-1].isdigit() and ric.calc_check_digit(code.upper()) == code[-1].upper():
        return Wrong("这像是身份证号。请发银行卡号，在卡的正面。")
    if not code.isdigit():
        return Wrong("银行卡号里只有数字。请对照银行卡再发一次。")
    if not 12 <= len(code) <= 19:
        few = "少" if len(code) < 12 else "多"
        return Wrong(f"您发的是 {len(code)} 位，银行卡号一般是 16 到 19 位，{few}了几位。请对照银行卡再发一次。")
    if not luhn.is_valid(code):
        return Wrong("这个卡号对不上，可能有一位打错了。请对照银行卡，一位一位看一下再发。")
    return Value(code, " ".join(re.findall(r"\d{1,4}", code)))

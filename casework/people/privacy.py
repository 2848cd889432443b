"""Personal data in what people type: found by its form and checksums, replaced by its name.

`\\b` finds no boundary beside Chinese characters, so digits are bounded by look-arounds throughout.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈"
    "项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔"
    "吉龚程邢裴陆荣翁荀羊惠甄曲封储靳段焦巴牧山谷车侯班仰仲伊宁仇栾甘厉祖武符刘景詹束龙叶幸司黎薄印白蒲邰从鄂索籍赖卓蔺屠蒙池乔阴"
    "能苍双闻党翟谭贡劳姬申扶堵冉宰郦雍桑桂牛寿通边扈燕冀尚农温别庄晏柴瞿阎充慕连茹习艾鱼容向古易慎戈廖庾终居衡步都耿满弘匡国文寇广"
    "禄阙东沃利蔚越隆师巩厍聂晁勾敖融冷辛阚那简饶空曾毋沙养鞠须丰巢关蒯相查后荆红游竺权盖益桓公刀召岩玉普者字木和罕"
)

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"


class Masked(NamedTuple):
    """The text without personal data, and the names of what was found, in order, each once."""

    text: str
    found: tuple[str, ...]


class Piece(NamedTuple):
    """One piece of personal data: its name, its value with full-width digits made plain, and where it stands."""

    name: str
    value: str
    start: int
    end: int


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit() or character in "xX")


def _plausible_birth(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= born.year <= date.today().year


def is_resident_id(number: str) -> bool:
    """Whether 18 characters are a resident ID by birth date and the checksum of GB 11643."""
    if not re.fullmatch(r"\d{17}[\dXx]", number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, ID_WEIGHTS, strict=False))
    return _plausible_birth(number[6:14]) and ID_CHECKS[total % 11] == number[17].upper()


def _looks_like_id(match: str) -> bool:
    """Masks also what is an ID but for a typing error: 18 digits with a birth date, 15 of the old kind."""
    digits = _digits(match)
    if len(digits) == 15:
        return _plausible_birth("19" + digits[6:12])
    return len(digits) == 18 and (is_resident_id(digits) or _plausible_birth(digits[6:14]))


def _luhn(match: str) -> bool:
    digits = [int(digit) for digit in _digits(match) if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _always(_match: str) -> bool:
    return True


class _Kind(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool]


_GAP = r"[\s\-·.]?"
_HOUSE = (
    r"[一-鿿\w]{1,14}?(?:路|街|巷|大道|村|小区|花园|公寓|组|社)[\w一-鿿]{0,12}?\d{1,5}[ ]?(?:号|栋|幢|单元|室|组)"
    r"(?:[\w\-]{0,8}(?:号|栋|幢|单元|室|楼|层))*"
)

_KINDS = (
    _Kind("身份证号", re.compile(rf"(?<![\dA-Za-z])(?:\d{_GAP}){{17}}[\dXx](?![\dA-Za-z])"), _looks_like_id),
    _Kind("身份证号", re.compile(r"(?<!\d)\d{15}(?!\d)"), _looks_like_id),
    _Kind("手机号", re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1[3-9]\d{_GAP}(?:\d{_GAP}){{7}}\d(?!\d)"), _always),
    _Kind("银行卡号", re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{12,18}}(?!\d)"), _luhn),
    _Kind(
        "电话号码",
        re.compile(r"(?<!\d)0\d{2,3}[\-\s]\d{7,8}(?!\d)|(?<!\d)0(?:10|2\d|[3-9]\d{2})\d{7,8}(?!\d)"),
        _always,
    ),
    _Kind("邮箱", re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"), _always),
    _Kind("住址", re.compile(_HOUSE), _always),
)
_NAME = re.compile(
    r"(?P<before>我叫|姓名[是:： ]*|名字[是叫:： ]*|本人叫)"
    rf"(?P<name>(?:欧阳|上官|司马|诸葛|尉迟|皇甫|[{_SURNAMES}])[一-鿿]{{1,2}}(?![一-鿿]*·)|[一-鿿]{{1,6}}·[一-鿿]{{1,8}})"
    r"(?=$|[\s,，。;；、!！?？的]|我|想|今年|要|来|是|,)"
)


def find(text: str) -> tuple[Piece, ...]:
    """The pieces of personal data in ``text``, in order, none overlapping; full-width digits count as digits."""
    flat = "".join(
        unicodedata.normalize("NFKC", each) if len(unicodedata.normalize("NFKC", each)) == 1 else each for each in text
    )
    found: list[Piece] = []
    for kind in _KINDS:
        for match in kind.pattern.finditer(flat):
            if kind.accepts(match.group()):
                _add(found, Piece(kind.name, match.group(), match.start(), match.end()))
    for match in _NAME.finditer(flat):
        _add(found, Piece("姓名", match["name"], match.start("name"), match.end("name")))
    return tuple(sorted(found, key=lambda piece: piece.start))


def _add(found: list[Piece], piece: Piece) -> None:
    """The kinds stand in order of certainty: what an earlier one took is not taken again."""
    if all(piece.end <= each.start or each.end <= piece.start for each in found):
        found.append(piece)


def mask(text: str) -> Masked:
    """The text with each piece of personal data replaced by 〔its name〕."""
    found = find(text)
    parts, end = [], 0
    for piece in found:
        parts += [text[end : piece.start], f"〔{piece.name}〕"]
        end = piece.end
    return Masked("".join([*parts, text[end:]]), tuple(dict.fromkeys(piece.name for piece in found)))

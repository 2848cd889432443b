"""Text as people send it: cleaned, taken out of its polite words, and the fields that take it as it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from casework.fields.answer import Value, Wrong, asks
from policy_kb.procedures import ApplicationField

_BEFORE = re.compile(
    r"那个|这个嘛|就是说?|应该是?|大概是?|大约|差不多|可能是?|好像是?|我(?=[是有要没不会可莫冇对])|我选|我要|我想|我呢|我家?在?|本人|俺|咱"
    r"|麻烦|请|帮我|给我|你就|您就|写上?|填上?|选择?|改成|改为|是|在|有|嗯+|呃+|额|哦|噢|啊|哎|唉|诶|喏|那|就|读到|念到|会|嘛|呢|嘎|么|[\s，,。.、：:；;！!~～…“”\"'‘’]"
)
_AFTER = re.compile(
    r"这个|那个|毕业|文化|学历|左右|前后|的样子|就行了?|就可以了?|谢谢你?|嘛|嘎|噶|嗄|呢|哩|嘞|呐|的|了|啦|啊|呀|哈|噻|哦|喔|噢|吧|么|咯|喽|撒|嗯|着"
    r"|这里|这儿|那里|那边|那儿|这边|人|[\s，,。.、：:；;！!~～…“”\"'‘’]"
)
_COMMAND = re.compile(
    r"(?:我(?:想|要)?|先|就|那)*(?:跳过|略过|取消|不办|不填|不想|算了|为什么|帮助|退出|结束|暂停|等一下|等哈|继续|下一步|下一个|上一步|上一个"
    r"|返回|回去|改一?下?|修改|重来|重新|重填|停|不说|存着|菜单|人工|转人工|看看|提交|撤回|删除|再说|以后再).{0,6}"
)
_PLACE_PART = re.compile(
    r"[路街巷村乡镇寨社区组号弄栋幢楼苑园厂院坊屯庄场里坝桥湾箐营屋]|小区|大道|委会|单元|[\u4e00-\u9fff](?:市|县|州)"
)
_PADDINGS = 8


def plain(text: str) -> str:
    """Full-width forms made half-width, digits of any script 0 to 9, invisible characters out, ends trimmed."""
    spaced = re.sub(r"[\n\r\t]+", " ", unicodedata.normalize("NFKC", text))
    digits = (str(unicodedata.decimal(each)) if each.isdecimal() else each for each in spaced)
    kept = "".join(each for each in digits if unicodedata.category(each)[0] != "C")
    # Taking a character out can bring a letter and a mark together that are one character.
    return unicodedata.normalize("NFKC", kept).strip()


def cores(text: str) -> Iterator[str]:
    """``text`` itself and what remains of it with ever more polite words off its ends; never empty.

    All steps are given because a polite word may be the answer, or a part of it: 是, 嗯, 三个人.
    """
    starts = [0]
    while len(starts) <= _PADDINGS and (before := _BEFORE.match(text, starts[-1])):
        starts.append(before.end())
    seen: set[str] = set()
    rest = text
    for _ in range(_PADDINGS + 1):
        for start in starts:
            core = rest[start:]
            if core and core not in seen:
                seen.add(core)
                yield core
        if (end := _last_padding(rest)) is None:
            return
        rest = rest[:end]


def _last_padding(text: str) -> int | None:
    """Where the padding word at the end of ``text`` begins."""
    for width in (4, 3, 2, 1):
        if width <= len(text) and _AFTER.fullmatch(text, len(text) - width):
            return len(text) - width
    return None


def commands(text: str) -> bool:
    """Whether ``text`` tells us what to do rather than answering: 跳过, 取消, 为什么."""
    return _COMMAND.fullmatch(text.strip(" ，,。.！!")) is not None


def read_text(field: ApplicationField, text: str) -> Value | Wrong:
    """What was said, as it was said; ``field.least`` and ``field.most`` bound its characters."""
    said = plain(text)
    least, most = field.least or 1, 500 if field.most is None else field.most
    if not said:
        return Wrong("没看到内容，请写几个字。")
    if len(said) < least:
        return Wrong(f"太短了，请至少写 {least} 个字。")
    if len(said) > most:
        return Wrong(f"太长了，最多 {most} 个字，请写短一点。")
    return Value(said, said)


def read_address(field: ApplicationField, text: str) -> Value | Wrong:
    """An address has at least five characters, and a road, a village or the like among them."""
    said = plain(text)
    for padding in ("我住在", "我家住在", "我家在", "我住", "住在", "地址是", "就是", "我在"):
        said = said.removeprefix(padding)
    said = re.sub(r"[嘛嘎呢的哈吧噻了，,。.！!\s]+$", "", said)
    if len(said) < 5 or not _PLACE_PART.search(said) or asks(said):
        return Wrong("地址要写到路或者村，请写全一点，比如“勐腊县勐腊镇曼它拉路 3 号”。")
    if len(said) > (most := field.most or 120):
        return Wrong(f"太长了，最多 {most} 个字，只写地址就行。")
    return Value(said, said)


def read_file(text: str) -> Value | Wrong:
    """The token of a document that was received, ``d_…``."""
    token = text.strip()
    if re.fullmatch(r"d_[A-Za-z0-9_\-]{1,80}", token):
        return Value(token, "已收到文件")
    return Wrong("这一项要发文件。请点输入框旁边的“＋”，发照片或 PDF。")

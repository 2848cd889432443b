"""What a filing asks besides its fields: consent, reuse of what is known, the review, a switch.

They are fields of the choice type, so that one reader understands numbers, words and buttons for all.
"""

from __future__ import annotations

from policy_kb.procedures import ApplicationField, Choice


def _ask(field_id: str, *choices: Choice) -> ApplicationField:
    return ApplicationField(
        id=field_id, type="choice", label="", prompt="", help="点一个，或者打它前面的数字。", why="", choices=choices
    )


CONSENT = _ask(
    "consent",
    Choice(
        "self",
        "同意，给自己办",
        (
            "同意",
            "我同意",
            "同意呢",
            "给自己办",
            "自己办",
            "要得",
            "得",
            "好",
            "好的",
            "可以",
            "行",
            "是",
            "是的",
            "嗯",
        ),
    ),
    Choice(
        "family",
        "同意，替家人办",
        (
            "替家人办",
            "帮家人办",
            "给家里人办",
            "帮我妈办",
            "帮我爸办",
            "帮我老公办",
            "帮我媳妇办",
            "给我儿子办",
            "帮我姑娘办",
        ),
    ),
    Choice("no", "不同意", ("不行", "不要", "我不同意", "不愿意", "算了", "不可以")),
)
REUSE = _ask(
    "reuse",
    Choice("yes", "照着用", ("照用", "用", "可以", "好", "要得", "是", "是的", "对", "没变", "不变", "嗯", "行")),
    Choice("no", "重新填", ("不用", "不是", "变了", "换了", "不要", "重填", "不对", "改了")),
)
REVIEW = _ask(
    "review",
    Choice(
        "file",
        "确认提交",
        (
            "确认",
            "提交",
            "对",
            "对的",
            "对呢",
            "没错",
            "没问题",
            "交",
            "交吧",
            "要得",
            "好",
            "好的",
            "可以",
            "是",
            "是的",
            "行",
            "都对",
            "嗯",
        ),
    ),
)
SWITCH = _ask(
    "switch",
    Choice("keep", "存着，先办那个", ("存着", "先办那个", "换", "好", "要得", "可以", "是", "是的", "嗯", "行")),
    Choice("drop", "这份不要了，办那个", ("不要了", "这份不要了", "删掉", "丢了")),
    Choice("stay", "接着填这份", ("接着填", "不换", "继续", "继续填", "不是", "不用")),
)

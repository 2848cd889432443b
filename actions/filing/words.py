"""What a filing says: questions, reviews, receipts.  The policy's own words come from policy_kb/applications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from actions.checking.results import SHORT
from actions.filing.judging import Finding
from actions.filing.state import Answer, FilingState, answered, progress
from casework.fields import Wrong
from policy_kb import Citation, KnowledgeBase
from policy_kb.procedures import Application, ApplicationField
from policy_kb.reply import Button, Message, payload

HOLD = "⟦{}⟧"
"""Stands for a personal value until the message leaves for the person: the engine never sees the value."""
MOST_CHOICE_BUTTONS = 12

_PIPL = "《中华人民共和国个人信息保护法》"


def placeholder(token: str) -> str:
    return HOLD.format(token)


def shown(answer: Answer) -> str:
    return placeholder(str(answer.value)) if answer.token else answer.shown


def _message(application: Application, kind: str, text: str, **more: Any) -> Message:
    """Every message of a filing names its application; ``more`` are further keys of the contract."""
    return Message(text=text, kind=kind, measures=(application.id,), application=application.id, **more)


def consent(application: Application) -> Message:
    """What, why, who sees it, how long, how to withdraw: articles 13 to 17 of the law, in plain words."""
    terms = application.consent
    lines = [
        f"【{application.title}】{application.opening}",
        f"填之前先跟您说清楚（{_PIPL}要求的）：",
        f"· 用来做什么：{terms.purpose}",
        f"· 谁看得到：{terms.recipients}",
        f"· 存多久：{terms.kept}",
        *([f"· 敏感信息：{terms.sensitive}"] if terms.sensitive else []),
        "· 随时可以说“取消”，或者说“删掉我的资料”。不同意也不影响您问政策。",
        "您同意吗？",
    ]
    family = [Button("同意，替家人办", payload("answer", value="family"))] if application.on_behalf else []
    return _message(
        application,
        "notice",
        "\n".join(lines),
        field="consent",
        buttons=(
            Button("同意，给自己办", payload("answer", value="self")),
            *family,
            Button("不同意", payload("answer", value="no")),
        ),
    )


def reuse(application: Application, known: Iterable[tuple[ApplicationField, str]]) -> Message:
    lines = [f"· {field.label}：{value}" for field, value in known]
    return _message(
        application,
        "filing_question",
        "这些您以前填过，照着用吗？\n" + "\n".join(lines),
        field="reuse",
        buttons=(
            Button("照着用", payload("answer", value="yes")),
            Button("重新填", payload("answer", value="no")),
        ),
    )


def question(application: Application, state: FilingState, field: ApplicationField) -> Message:
    """The pending field's question.  After a wrong answer it comes with an example and ways out."""
    number, of = progress(application, state)
    head = "改一下：" if state.changing else f"（第 {number} 项，共 {of} 项）"
    lines = [f"{head}{field.prompt}"]
    if state.wrong:
        lines.append(field.help)
    choices = _choices(field)
    if len(choices) > MOST_CHOICE_BUTTONS:
        lines.append("、".join(button.title for button in choices))
        choices = ()
    return _message(
        application,
        "filing_question",
        "\n".join(lines),
        field=field.id,
        buttons=(*choices, *_ways_out(field, state)),
    )


def _choices(field: ApplicationField) -> tuple[Button, ...]:
    if field.type == "yes_no":
        return (Button("是", payload("answer", value="yes")), Button("不是", payload("answer", value="no")))
    return tuple(Button(each.title, payload("answer", value=each.id)) for each in field.choices)


def _ways_out(field: ApplicationField, state: FilingState) -> tuple[Button, ...]:
    skip = (Button("跳过", payload("skip")),) if field.optional else ()
    if state.wrong < 2:
        return skip
    return (
        *skip,
        Button("为什么要这个", payload("ask_why")),
        Button("先存着，以后再填", payload("save_draft")),
        Button("转人工", payload("talk_to_human")),
    )


def wrong(application: Application, field: ApplicationField, mistake: Wrong) -> Message:
    return _message(
        application,
        "filing_question",
        mistake.message,
        field=field.id,
    )


def why(application: Application, field: ApplicationField) -> Message:
    return notice(application, f"{field.why}\n{field.help}")


def notice(application: Application, text: str, buttons: tuple[Button, ...] = ()) -> Message:
    return _message(application, "notice", text, buttons=buttons)


def review(application: Application, state: FilingState, finding: Finding | None) -> Message:
    """All answers, each with a button to change it; before them what the rules have against it, or what has changed."""
    listed = [(field, answer) for field, answer in answered(application, state) if not answer.told]
    lines = [f"· {field.label}：{shown(answer)}" for field, answer in listed]
    told = [
        f"· {field.label}：{shown(answer)}（从证件号看出来的）"
        for field, answer in answered(application, state)
        if answer.told
    ]
    whose = "替家人办的。" if state.on_behalf == "family" else ""
    ahead = [*heard_before_sending(finding), ""] if finding else []
    return _message(
        application,
        "filing_review",
        "\n".join([*ahead, f"请您看一遍，对了就点“确认提交”。{whose}", *lines, *told]),
        field="review",
        citations=finding.verdict.citations if finding else (),
        buttons=(
            Button("确认提交", payload("answer", value="file")),
            *(Button(f"改{field.label}", payload("correct", field=field.id)) for field, _ in listed),
            Button("先存着", payload("save_draft")),
            Button("不办了", payload("cancel")),
        ),
    )


def heard_before_sending(finding: Finding) -> list[str]:
    verdict, lines = finding.verdict, []
    if finding.before is not None:
        what = "规则有变化" if finding.by == "rules" else "情况有变化"
        lines.append(f"{what}：先前看是“{SHORT[finding.before]}”，现在看是“{SHORT[verdict.outcome]}”。")
    if verdict.outcome == "no":
        lines += [f"现在对不上的：要“{each.says}”。" for each in verdict.decisive if each.says]
    if verdict.outcome == "not_in_force":
        lines.append("这一条已经到期。")
    lines += [_source(each) for each in verdict.citations[:2]]
    return [*lines, "行不行由办理单位定，交不交由您定。还要交吗？"]


def _source(citation: Citation) -> str:
    if citation.notice is None:
        return f"依据：{citation.source}。"
    return f"原文（{citation.clause}）：“{citation.quote}”"


def switch(application: Application, other: Application) -> Message:
    return _message(
        application,
        "filing_question",
        f"您正在填《{application.title}》。要换成办《{other.title}》吗？填了一半的可以存着，回头接着填。",
        field="switch",
        buttons=(
            Button("存着，先办那个", payload("answer", value="keep")),
            Button("这份不要了，办那个", payload("answer", value="drop")),
            Button("接着填这份", payload("answer", value="stay")),
        ),
    )


def receipt(knowledge: KnowledgeBase, application: Application, reference: str, already: bool) -> Message:
    """Filed: the number, who decides, how long it may take as far as a source says, what comes next."""
    contact = knowledge.contacts[application.decided_by.contact]
    opening = "这份早就交过了，没有重复交。" if already else "交上去了。"
    lines = [
        f"{opening}受理编号：{spaced(reference)}（请记下来，查进度用）",
        f"由{contact.name}审核决定，批不批以他们的通知为准。",
        _time_limit(knowledge, application),
        "有结果我会告诉您，也可以随时说“查进度”。",
    ]
    return _message(
        application,
        "filing_receipt",
        "\n".join(lines),
        citations=_citations(knowledge, application),
        reference=reference,
        buttons=(
            Button("查进度", payload("status", reference=reference)),
            Button("补材料", payload("add_document", reference=reference)),
            Button("撤回申请", payload("withdraw_case", reference=reference)),
        ),
    )


def _time_limit(knowledge: KnowledgeBase, application: Application) -> str:
    limit = application.time_limit
    if limit.working_days is None or limit.source is None:
        return limit.note or f"几天办好，通知没有写，可以问{knowledge.contacts[application.decided_by.contact].text}。"
    since = "受理后" if limit.runs_from == "accepted" else "收到申请后"
    basis = knowledge.supplements[limit.source].source
    return f"{since} {limit.working_days} 个工作日内办结（依据：{basis}）。{limit.note or ''}"


def _citations(knowledge: KnowledgeBase, application: Application) -> tuple[Citation, ...]:
    source = application.time_limit.source
    return (knowledge.cite_supplement(source),) if source else ()


def already_open(application: Application, reference: str | None) -> Message:
    """``reference`` only where the case is the same person's own."""
    if reference is None:
        text = "这个证件号已经有一件同样的申请正在办，不能再交一份。要查进度，请用当时的受理编号，或带证件到窗口问。"
        return notice(application, text)
    return _message(
        application,
        "status",
        f"您已经交过同样的申请，还在办，不用再交。受理编号：{spaced(reference)}",
        reference=reference,
        buttons=(Button("查进度", payload("status", reference=reference)),),
    )


def spaced(digits: str) -> str:
    """In groups of four, as it is read out over the phone."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))

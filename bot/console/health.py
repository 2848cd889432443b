"""How the assistant is doing, for supervisors: the numbers of /metrics, without any other tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.console.access import Supervisor
from bot.console.pages import render
from bot.metrics.ledger import Ledger, seconds_since
from bot.metrics.metrics import Metrics
from bot.metrics.reading import gauge, latencies, totals
from casework.cases.lifecycle import STATUS_WORDS
from casework.counts import Waiting

router = APIRouter()

MOST_BARS = 10
LATE_SECONDS = 3600
OUTCOMES = {
    "answered": "答了",
    "asked_back": "反问了",
    "out_of_scope": "不归这里答",
    "handed_off": "转人工、给电话",
    "with_agent": "坐席在接",
    "repeated": "重发的，照原样再答",
    "refused": "没收（太快、文件不对）",
    "failed": "没处理成",
}
CHANNELS = {"api": "接口", "web": "网页", "widget": "别的网站上的小窗", "telegram": "Telegram"}
PARTS = {"wait": "等前一句", "intake": "收话、遮个人信息", "engine": "对话引擎", "log": "记录", "whole": "一共"}
STEPS = {"asked": "找人工", "left": "不等了", "taken": "坐席接了", "handed_back": "还给云就", "passed_on": "转给别人"}
OWNERS = {"bot": "云就", "queue": "排队", "agent": "坐席"}
OUTBOX = {"new": "还没送过", "failed": "送过，要再送", "dead": "退信"}

INTENTS = {
    "affirm": "答“是”",
    "answer": "点了答案",
    "apply": "要申请",
    "ask_aspect": "接着问同一件事",
    "ask_entitlements": "我能领什么",
    "ask_policy": "问政策",
    "browse": "翻目录",
    "cancel": "不办了",
    "check_eligibility": "查够不够条件",
    "correct": "改前面说的",
    "deny": "答“否”",
    "dissatisfied": "不满意",
    "distress": "很难过、有危险",
    "find_jobs": "找工作",
    "forget_me": "删掉我的信息",
    "greet": "打招呼",
    "goodbye": "告别",
    "guide": "看办事步骤",
    "help": "能问些什么",
    "inform": "说自己的情况",
    "leave_queue": "不等人工了",
    "my_data": "看我的信息",
    "out_of_scope": "不归这里答的",
    "plan": "看计划",
    "resume": "接着办",
    "status": "查进度",
    "talk_to_human": "找人工",
    "thanks": "道谢",
    "who_are_you": "问云就是谁",
}
"""What has no name here is shown by the engine's own."""


@dataclass(frozen=True)
class Bar:
    """``share``: of the longest, 0 to 100."""

    name: str
    number: int
    share: float


@dataclass(frozen=True)
class Light:
    """One number to see at a glance; ``tone``: good, warn or bad."""

    name: str
    words: str
    tone: str
    more: str = ""


@router.get("/health")
def health(request: Request, staff: Supervisor) -> Response:
    """htmx asks for the numbers alone."""
    metrics: Metrics = request.app.state.metrics
    ledger: Ledger = request.app.state.ledger
    waiting, counted = ledger.waiting(), ledger.everything()
    return render(
        request,
        "health_numbers.html" if "HX-Request" in request.headers else "health.html",
        since=datetime.fromtimestamp(metrics.since, UTC).replace(tzinfo=None),
        lights=_lights(metrics, ledger, waiting),
        counted_ago=None if counted is None else span(ledger.age),
        cases=None if counted is None else bars(counted.cases, STATUS_WORDS, every=True),
        owners=None if counted is None else bars(counted.conversations, OWNERS, every=True),
        outbox=None if counted is None else bars(counted.outbox, OUTBOX, every=True),
        outcomes=bars(totals(metrics, "yunjiu_turns_total", "outcome"), OUTCOMES),
        channels=bars(totals(metrics, "yunjiu_turns_total", "channel"), CHANNELS),
        intents=bars(totals(metrics, "yunjiu_intents_total", "intent"), INTENTS),
        steps=bars(totals(metrics, "yunjiu_handoffs_total", "step"), STEPS),
        statuses=bars(totals(metrics, "yunjiu_http_requests_total", "status"), {}),
        latencies=[(PARTS[each.part], each) for each in latencies(metrics)],
    )


def bars(numbers: Mapping[str, int], names: Mapping[str, str], every: bool = False) -> list[Bar]:
    """The longest in the order given; with ``every`` also what is 0, and all of them."""
    shown = [(key, number) for key, number in numbers.items() if every or number]
    longest = max((number for _, number in shown), default=0) or 1
    kept = shown if every else shown[:MOST_BARS]
    return [Bar(names.get(key, key), number, round(100 * number / longest, 1)) for key, number in kept]


def span(seconds: float) -> str:
    """A length of time in words: 40 秒, 12 分钟, 3 小时, 2 天."""
    for unit, words, most in ((1, "秒", 120), (60, "分钟", 7200), (3600, "小时", 172800)):
        if seconds < most:
            return f"{int(seconds // unit)} {words}"
    return f"{int(seconds // 86400)} 天"


def _lights(metrics: Metrics, ledger: Ledger, waiting: Waiting | None) -> list[Light]:
    up = gauge(metrics, "yunjiu_engine_up") > 0
    lights = [
        Light("对话引擎", "正常" if up else "没有应答", "good" if up else "bad"),
        Light("数据库", "正常" if waiting else "没有应答", "good" if waiting else "bad"),
    ]
    if waiting:
        waited = seconds_since(waiting.queue_since)
        first = f"最久的等了 {span(waited)}" if waiting.queue else ""
        tone = "warn" if waited > LATE_SECONDS / 2 else "good"
        lights.append(Light("排队等人工", f"{waiting.queue} 位", tone, first))
        lights.append(_unsent(ledger, seconds_since(waiting.outbox_since)))
    if counted := ledger.everything():
        dead = counted.outbox["dead"]
        lights.append(Light("超期办件", f"{counted.overdue} 件", "bad" if counted.overdue else "good"))
        lights.append(Light("退信", f"{dead} 条", "bad" if dead else "good", "要人处理后再送" if dead else ""))
    return lights


def _unsent(ledger: Ledger, age: float) -> Light:
    if not ledger.bureau:
        return Light("送经办机构", "没有连接", "warn", "办件都留在发件箱")
    if not age:
        return Light("送经办机构", "都送到了", "good")
    return Light("送经办机构", f"等了 {span(age)}", "bad" if age > LATE_SECONDS else "good", "最早一条还没送到")

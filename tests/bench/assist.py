"""Assist under load: `python -m tests.bench.assist [--agents N] [--people N] [--seconds N]`.

Agents type fragments and people chat, against engine and app as processes of their own with the trained model.  Each
waits for its answer, thinks, and goes on (closed loop).  Prints a table and writes results/bench-assist.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bot.console.access import CSRF_HEADER
from casework.desk import open_desk
from casework.staff.staff import COMMAND_LINE
from casework.store.cipher import KeyRing
from casework.store.database import open_database
from tests.console.conftest import CHEAP, PASSWORD, TOKEN
from tests.dialogues.conftest import ROOT, Stack

RESULTS = ROOT / "results" / "bench-assist.json"
GOAL_MS = 300
SEED = 20261123
TYPING_SECONDS = (0.8, 2.0)
"""Between two fragments of an agent: the page asks 150 ms after the last key."""
CALL_LINES = 6
"""So many lines, then the call ends and another begins."""
THINKING_SECONDS = (5.0, 15.0)
"""Between two messages of a person."""
CALLS = (
    ("厂子垮了", "厂子垮了 五十五岁", "失业金", "失业金怎么领", "要什么材料", "昆明五华"),
    ("我被裁了", "在家半年了", "交了8年社保", "失业金能领几个月", "还有没有别的补助", "残疾"),
    ("想开个店", "想开个米线店 贷款", "创业贷款要什么条件", "贷款多少", "四十多", "没办过登记"),
    ("娃娃毕业没找到工作", "培训有没有补贴", "学电工", "考了证", "技能提升补贴多少钱", "在哪里办"),
    ("没钱吃饭了", "低保咋个办", "临时救助", "家里两个人都没活", "镇雄的", "我能领什么"),
)
CHATS = (
    "失业金怎么领",
    "要什么材料",
    "在哪里办",
    "多少钱",
    "我想办失业登记",
    "你好",
    "创业贷款给多少",
    "培训补贴怎么申请",
    "公益性岗位是什么",
    "我能领什么",
    "低保怎么办",
    "谢谢",
    "失业金能领几个月",
    "技能补贴要什么条件",
    "身份证丢了怎么办",
)
Taken = list[float]


class Load:
    """What was measured, in milliseconds; what went wrong."""

    def __init__(self, base: str, seconds: float) -> None:
        self.base = base
        self.ends = time.monotonic() + seconds
        self.assist: Taken = []
        self.chat: Taken = []
        self.failed = 0

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.ends

    async def agent(self, login: str, random: Random) -> None:
        async with httpx.AsyncClient(base_url=self.base, timeout=30) as http:
            token = _token(await http.get("/console/sign-in"))
            signed = {"csrf_token": token, "login": login, "password": PASSWORD}
            await http.post("/console/sign-in", data=signed)
            headers = {CSRF_HEADER: _token(await http.get("/console/account")), "HX-Request": "true"}
            call, text, lines = "", "", 0
            while self.goes_on:
                await asyncio.sleep(random.uniform(*TYPING_SECONDS))
                if lines % CALL_LINES == 0:
                    if call:
                        await http.post(f"/console/assist/{call}/end", headers=headers)
                    page = await http.get("/console/assist")
                    call, text = page.text.split('name="call" value="')[1][:32], ""
                    chosen = random.choice(CALLS)
                text = f"{text}\n{chosen[lines % CALL_LINES]}".strip()
                lines += 1
                began = time.perf_counter()
                answer = await http.post("/console/assist", data={"call": call, "text": text}, headers=headers)
                self._note(self.assist, began, answer.status_code == 200 and 'id="heard"' in answer.text)

    async def person(self, random: Random) -> None:
        async with httpx.AsyncClient(base_url=self.base, timeout=60) as http:
            conversation = uuid.uuid4().hex
            await asyncio.sleep(random.uniform(0, THINKING_SECONDS[1]))
            while self.goes_on:
                body = {"conversation_id": conversation, "text": random.choice(CHATS)}
                began = time.perf_counter()
                answer = await http.post("/api/v1/chat", json=body)
                self._note(self.chat, began, answer.status_code == 200 and bool(answer.json()["messages"]))
                await asyncio.sleep(random.uniform(*THINKING_SECONDS))

    def _note(self, taken: Taken, began: float, right: bool) -> None:
        taken.append(1000 * (time.perf_counter() - began))
        self.failed += not right


def _token(page: httpx.Response) -> str:
    found = TOKEN.search(page.text)
    assert found is not None, page.status_code
    return found[1]


async def run(stack: Stack, agents: int, people: int, seconds: float) -> Load:
    secret = stack.environment["YUNJIU_SESSION_SECRET"]
    engine = open_database(stack.environment["YUNJIU_DATABASE_URL"])
    ring = KeyRing.parse(stack.environment["YUNJIU_DATA_KEY"], secret)
    staff = open_desk(engine, ring, secret, CHEAP).staff
    for number in range(agents):
        staff.add(f"agent{number}", "坐席", "agent", ["53"], PASSWORD, COMMAND_LINE)
    engine.dispose()
    warm = Load(str(stack.client.base_url), 3)
    await asyncio.gather(warm.agent("agent0", Random(0)), warm.person(Random(0)))
    load = Load(str(stack.client.base_url), seconds)
    work = [load.agent(f"agent{number}", Random(SEED + number)) for number in range(agents)]
    await asyncio.gather(*work, *(load.person(Random(SEED + 1000 + number)) for number in range(people)))
    return load


@dataclass(frozen=True)
class Ticks:
    """Processor time since the machine began, in clock ticks: all of it, what was idle, and what these took."""

    every: int
    idle: int
    own: tuple[int, ...]

    @classmethod
    def now(cls, processes: Sequence[int]) -> Ticks:
        machine = [int(each) for each in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return cls(sum(machine), machine[3] + machine[4], tuple(map(_ticks_of, processes)))

    def since(self, before: Ticks) -> dict[str, float]:
        """Per cent of the whole machine."""
        every = self.every - before.every
        own = [now - then for now, then in zip(self.own, before.own, strict=True)]
        busy = every - (self.idle - before.idle)
        names = ("app", "engine", "load")
        shares = {name: 100 * ticks / every for name, ticks in zip(names, own, strict=True)}
        return {**shares, "others": 100 * max(0, busy - sum(own)) / every}


def _ticks_of(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def figures(taken: Taken) -> dict[str, float]:
    """Of 20 or more."""
    cut = statistics.quantiles(taken, n=100, method="inclusive")
    return {"requests": len(taken), "p50": cut[49], "p95": cut[94], "p99": cut[98], "most": max(taken)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=30)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder))
        stack.start("engine")
        stack.start("app")
        try:
            stack.wait_until_ready()
            processes = [stack.processes["app"].pid, stack.processes["engine"].pid, os.getpid()]
            before = Ticks.now(processes)
            load = asyncio.run(run(stack, options.agents, options.people, options.seconds))
            used = Ticks.now(processes).since(before)
        finally:
            stack.stop()
    found: dict[str, Any] = {
        **vars(options),
        "failed": load.failed,
        "goal_p95_ms": GOAL_MS,
        "cores": os.cpu_count(),
        "percent_of_machine": used,
        "assist_ms": figures(load.assist),
        "chat_ms": figures(load.chat),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    print(report(found))


def report(found: dict[str, Any]) -> str:
    used = ", ".join(f"{name} {share:.0f} %" for name, share in found["percent_of_machine"].items())
    lines = [
        f"{found['agents']} agents typing, {found['people']} people chatting, {found['seconds']:.0f} s;"
        f" {found['failed']} wrong or missing answers; goal: Assist p95 below {GOAL_MS} ms.",
        f"Of {found['cores']} cores: {used}.",
        "",
        "| milliseconds | requests | p50 | p95 | p99 | most |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in ("assist", "chat"):
        each = found[f"{name}_ms"]
        numbers = " | ".join(f"{each[key]:.0f}" for key in ("requests", "p50", "p95", "p99", "most"))
        lines.append(f"| {name} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

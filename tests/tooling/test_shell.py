"""`make shell` against a small server that answers as the app does."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.shell import COLOURS, chat, show
from tests.tooling.fake_app import FakeApp, fake_app

ROOT = Path(__file__).resolve().parents[2]
ANSWER: dict[str, Any] = {
    "text": "失业补助金已经到期。\n可以问别的。[/bold] [1]",
    "kind": "policy_answer",
    "measures": ["unemployment-assistance"],
    "citations": [
        {"notice": "云人社发〔2022〕57号", "source": None, "clause": "5.1", "quote": "发放失业补助金"},
        {"notice": None, "source": "《社会保险法》第四十五条", "clause": None, "quote": "领取条件"},
    ],
    "validity": "expired",
    "application": None,
    "reference": None,
    "field": None,
    "buttons": [{"title": "要什么材料", "payload": "/ask_materials"}],
}
SECOND = {**ANSWER, "kind": "clarify", "citations": [], "validity": None, "buttons": [{"title": "乙", "payload": "/b"}]}


@pytest.fixture
def app() -> Iterator[FakeApp]:
    with fake_app() as server:
        server.answers["失业补助金"] = (200, {"messages": [ANSWER, SECOND]}, {})
        yield server


def _chat(app: FakeApp, *lines: str) -> tuple[int, str]:
    out = io.StringIO()
    console = Console(file=out, highlight=False, soft_wrap=True, no_color=True)
    code = chat(app.url, io.StringIO("\n".join(lines)), console)
    return code, out.getvalue()


def test_an_answer_in_plain_text(app: FakeApp) -> None:
    code, shown = _chat(app, "失业补助金")
    assert code == 0
    assert shown.splitlines() == [
        "policy_answer [expired] unemployment-assistance",
        "失业补助金已经到期。",
        "可以问别的。[/bold] [1]",
        "  │ 云人社发〔2022〕57号 第5.1条",
        "  │ 发放失业补助金",
        "  │ 《社会保险法》第四十五条",
        "  │ 领取条件",
        "  [1] 要什么材料",
        "clarify unemployment-assistance",
        "失业补助金已经到期。",
        "可以问别的。[/bold] [1]",
        "  [2] 乙",
        "",
    ]


def test_a_number_presses_the_button_and_other_numbers_are_text(app: FakeApp) -> None:
    _chat(app, "失业补助金", "2", "1", "失业补助金", "3", "", "  ", "/quit", "never said")
    assert [turn["text"] for turn in app.turns] == ["失业补助金", "/b", "1", "失业补助金", "3"]
    assert len({turn["conversation_id"] for turn in app.turns}) == 1
    assert len({turn["message_id"] for turn in app.turns}) == 5


def test_a_refusal_is_shown_and_the_chat_goes_on(app: FakeApp) -> None:
    error = {"error": {"code": "busy", "message": "请稍等", "hint": "过一会儿再发"}}
    app.answers["快"] = (429, error, {"Retry-After": "7"})
    app.answers["坏"] = (500, ["odd"], {})
    code, shown = _chat(app, "快", "坏", "失业补助金")
    assert "429: 请稍等 过一会儿再发 (try again in 7 s)" in shown
    assert "500: Internal Server Error" in shown
    assert code == 1 and "policy_answer" in shown


def test_colours_at_a_terminal() -> None:
    out = io.StringIO()
    show([ANSWER], Console(file=out, force_terminal=True, color_system="standard", soft_wrap=True))
    assert "\x1b[32mpolicy_answer" in out.getvalue() and "\x1b[1;31m[expired]" in out.getvalue()


def test_every_kind_of_the_contract_has_a_colour() -> None:
    assert len(COLOURS) == 15


def test_as_a_program_in_a_pipe(app: FakeApp) -> None:
    finished = _program(app.url, "失业补助金\n1\n")
    assert finished.returncode == 0
    assert "要什么材料" in finished.stdout and "\x1b" not in finished.stdout
    assert app.turns[1]["text"] == "/ask_materials"


def test_without_a_running_app() -> None:
    finished = _program("http://127.0.0.1:9", "你好\n")
    assert finished.returncode == 1 and "make run first" in finished.stdout


def _program(url: str, typed: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bot.shell", "--url", url],
        input=typed,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=20,
    )

"""A real supervisord with the real configuration's rules, over harmless stand-ins for the programs."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tooling.console import Problem
from tooling.noise import without_noise
from tooling.supervision import PARTS, Layout, Relay, Supervisor, Tail, clear_stale, running_pid, with_commands

T = TypeVar("T")
REAL = Path(__file__).resolve().parents[2] / "deploy" / "supervisord.conf"
STAND_IN = "import os, time; print('up', os.getpid(), flush=True); time.sleep(60)"
ENVIRONMENT = {
    **os.environ,
    "YUNJIU_ENGINE_TOKEN": "token",
    "YUNJIU_ENGINE_HOST": "127.0.0.1",
    "YUNJIU_ENGINE_PORT": "1",
    "YUNJIU_DATA_KEY": "secret of the app",
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    commands = {part: [sys.executable, "-c", STAND_IN] for part in PARTS}
    commands["engine"][2] = f"import os; print('key', repr(os.environ['YUNJIU_DATA_KEY'])); {STAND_IN}"
    return Layout(tmp_path, with_commands(REAL, commands, tmp_path / "supervisord.conf"))


@pytest.fixture
def supervisor(layout: Layout) -> Iterator[Supervisor]:
    running = Supervisor(layout, Path(sys.executable), ENVIRONMENT)
    running.start()
    yield running
    running.stop()


def test_what_dies_is_started_again_and_one_stop_ends_all(layout: Layout, supervisor: Supervisor) -> None:
    _until(lambda: set(supervisor.pids()) == set(PARTS))
    before = supervisor.pids()
    _until(lambda: "up" in (layout.logs / "app.log").read_text())
    assert running_pid(layout), "its pid file names it"
    with pytest.raises(Problem, match="already running"):
        clear_stale(layout)

    os.kill(before["app"], signal.SIGKILL)
    _until(lambda: supervisor.pids().get("app", before["app"]) != before["app"])
    after = supervisor.pids()
    assert (after["engine"], after["worker"]) == (before["engine"], before["worker"])
    assert "secret" not in (layout.logs / "engine.log").read_text(), "the engine does without the app's keys"

    assert (layout.logs / "engine.log").stat().st_mode & 0o077 == 0, "nobody else reads what they write"

    supervisor.stop()
    assert supervisor.has_ended()
    assert not [pid for pid in after.values() if _alive(pid)]
    assert not layout.pid_file.exists() and not layout.socket.exists()


def test_what_a_killed_supervisor_left_does_not_stop_the_next(layout: Layout) -> None:
    layout.run.mkdir(parents=True)
    layout.pid_file.write_text(str(os.getpid()))  # alive, but no supervisord
    layout.socket.parent.mkdir(parents=True, exist_ok=True)  # elsewhere, where the path is long
    layout.socket.touch()
    again = Supervisor(layout, Path(sys.executable), ENVIRONMENT)
    again.start()
    try:
        assert _until(again.states)
    finally:
        again.stop()


def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = Layout.of(tmp_path / ("deep" * 30))
    assert len(str(deep.socket)) < 100
    assert Layout.of(deep.root).socket == deep.socket


def test_the_real_configuration_starts_all_three() -> None:
    text = REAL.read_text()
    assert [part for part in PARTS if f"[program:{part}]" in text] == list(PARTS)
    assert text.count("autorestart = true") == len(PARTS)


def test_a_tail_follows_what_is_appended_and_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("of yesterday\n")
    tail = Tail(log)
    assert tail.lines() == []
    with log.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert tail.lines() == ["one"]
        file.write("o\n")
    log.rename(tmp_path / "app.log.1")
    assert tail.lines() == ["two"]
    log.write_text("three\n")
    assert tail.lines() == ["three"]


def test_one_log_names_the_part_before_each_line(tmp_path: Path) -> None:
    relay = Relay(tmp_path, ("engine", "app"))
    (tmp_path / "app.log").write_text("listening\n")
    (tmp_path / "engine.log").write_text("loaded\n")
    assert relay.lines() == ["engine | loaded", "app    | listening"]
    assert relay.lines() == []


def test_known_noise_is_left_out_and_real_warnings_stay() -> None:
    lines = [
        "/x/site-packages/rasa/shared/utils/validation.py:134: DeprecationWarning: pkg_resources is deprecated",
        "  import pkg_resources",
        "\x1b[93m/x/site-packages/rasa/shared/utils/io.py:100: UserWarning: The intent 'a' has one example",
        "  kept: it belongs to a real warning",
        "/work/bot/engine/x.py:1: DeprecationWarning: ours is kept",
    ]
    assert list(without_noise(lines)) == lines[2:]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(condition: Callable[[], T], seconds: float = 12) -> T:
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            value = condition()
        except FileNotFoundError:
            continue
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")

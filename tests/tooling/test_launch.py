"""When `make run` says that Yunjiu answers, and what it says when it does not."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tooling.fake_app import FakeApp, fake_app
from tooling.console import Problem, Steps
from tooling.launch import FIRST_MESSAGE, Failing, environment, first_answer, wait_for_answer
from tooling.settings import Addresses
from tooling.supervision import Layout, Supervisor

SECRETS = {"YUNJIU_ENGINE_TOKEN": "t", "YUNJIU_SESSION_SECRET": "s", "YUNJIU_DATA_KEY": "d"}


class FakeSupervisor(Supervisor):
    """Says of each part what a test wants."""

    def __init__(self, states: dict[str, str], ended: bool = False) -> None:
        self._states = states
        self._ended = ended
        self.started = {"engine": 11, "app": 12}

    def states(self) -> dict[str, str]:
        return self._states

    def pids(self) -> dict[str, int]:
        return self.started

    def has_ended(self) -> bool:
        return self._ended


@pytest.fixture
def app() -> Iterator[FakeApp]:
    with fake_app() as server:
        yield server


@pytest.fixture
def addresses(app: FakeApp) -> Addresses:
    return Addresses("127.0.0.1", app.server_port, "127.0.0.1", 9)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(tmp_path)
    layout.logs.mkdir(parents=True)
    for part in ("engine", "app", "worker"):
        (layout.logs / f"{part}.log").write_text(f"last words of {part}\n")
    return layout


def _answer(app: FakeApp, *kinds: str) -> None:
    body: dict[str, Any] = {"messages": [{"kind": kind} for kind in kinds]}
    app.answers[FIRST_MESSAGE] = (200, body, {})


def test_ready_once_the_first_question_has_a_policy_answer(app: FakeApp, addresses: Addresses, layout: Layout) -> None:
    _answer(app, "policy_answer", "notice")
    wait_for_answer(FakeSupervisor({}), layout, addresses, patience=5)
    assert len(app.turns) == 1


@pytest.mark.parametrize("kinds", [(), ("error",), ("out_of_scope", "smalltalk")])
def test_another_answer_is_not_ready(app: FakeApp, addresses: Addresses, kinds: tuple[str, ...]) -> None:
    _answer(app, *kinds)
    assert "instead of a policy_answer" in first_answer(addresses)


def test_no_answer_is_not_ready(app: FakeApp, addresses: Addresses) -> None:
    app.answers[FIRST_MESSAGE] = (500, {}, {})
    assert "got no answer" in first_answer(addresses)


def test_says_which_part_is_not_ready_with_its_last_lines(app: FakeApp, addresses: Addresses, layout: Layout) -> None:
    app.ready = False
    states = {"engine": "BACKOFF", "app": "RUNNING", "worker": "RUNNING"}
    with pytest.raises(Problem) as problem:
        wait_for_answer(FakeSupervisor(states), layout, addresses, patience=0.2)
    shown = str(problem.value)
    assert "engine is not ready (BACKOFF)" in shown and "last words of engine" in shown
    assert "last words of app" not in shown and not app.turns


def test_gives_up_early_on_a_part_that_dies_at_every_start() -> None:
    failing, supervisor = Failing(every=0, looks=3), FakeSupervisor({})
    said = []
    for app in (12, 13, 13, None, 14):  # started, started again, still up, waiting to be started, started again
        supervisor.started = {"engine": 11, **({"app": app} if app else {})}
        said.append(failing.beyond_hope(supervisor))
    assert said == [False, False, False, False, True]


def test_a_slow_start_is_no_failure() -> None:
    failing, supervisor = Failing(every=0, looks=1), FakeSupervisor({})
    supervisor.started = {}
    assert not failing.beyond_hope(supervisor)
    supervisor.started = {"app": 12}
    assert not any(failing.beyond_hope(supervisor) for _ in range(5))


def test_gives_up_when_supervisord_has_ended(addresses: Addresses, layout: Layout) -> None:
    (layout.logs / "supervisor.log").write_text("Error: wrong configuration\n")
    with pytest.raises(Problem, match="wrong configuration"):
        wait_for_answer(FakeSupervisor({}, ended=True), layout, addresses)


def test_the_parts_are_told_where_to_find_each_other(tmp_path: Path) -> None:
    told = environment(tmp_path, {**SECRETS, "YUNJIU_PORT": "8123", "TF_CPP_MIN_LOG_LEVEL": "0"})
    assert told["YUNJIU_ACTIONS_URL"] == "http://127.0.0.1:8123/actions/webhook"
    assert (told["YUNJIU_ENGINE_HOST"], told["YUNJIU_ENGINE_PORT"]) == ("127.0.0.1", "5005")
    assert told["PYTHONPATH"] == str(tmp_path) and SECRETS.items() <= told.items()
    assert told["TF_CPP_MIN_LOG_LEVEL"] == "0", "who sets it, wants it"


def test_steps_are_numbered_and_show_that_time_passes() -> None:
    out = io.StringIO()
    steps = Steps(2, out, heartbeat=0.01)
    steps.skip("nothing to do")
    with steps.step("working"):
        while "… 0 s" not in out.getvalue():
            pass
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["[1/2] nothing to do", "[2/2] working…"] and lines[-1] == "      done in 0 s"


def test_a_step_that_fails_is_not_said_to_be_done() -> None:
    out = io.StringIO()
    with pytest.raises(Problem), Steps(1, out).step("working"):
        raise Problem("no")
    assert out.getvalue().splitlines()[-1] == "      failed after 0 s"

"""`make run`: everything from nothing to a first real answer, then one log until Ctrl-C."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from bot.secret_file import ensure_secrets
from tooling.console import Problem, Steps, elapsed, last_lines
from tooling.environments import APP, ENGINE, Installer
from tooling.noise import QUIET
from tooling.settings import Addresses, check_ports, settings
from tooling.supervision import PARTS, Layout, Relay, Supervisor, clear_stale
from tooling.training import ensure_model

PATIENCE_SECONDS = 120.0
FIRST_MESSAGE = "失业金怎么领"
_HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy: all is local


def run(root: Path, installer: Installer, environ: Mapping[str, str]) -> None:
    layout = Layout.of(root)
    clear_stale(layout)
    check_ports(Addresses.from_environment(settings(root, environ)))
    steps = Steps(5)
    installer.ensure(APP, steps)
    installer.ensure(ENGINE, steps)
    ensure_model(root, steps, environ)
    ensure_secrets(root / "var" / "secrets.env")
    steps.skip("secrets: in var/secrets.env, readable by you only")
    serve(layout, settings(root, environ), steps)


def environment(root: Path, values: Mapping[str, str]) -> dict[str, str]:
    """What the three programs are started with."""
    addresses = Addresses.from_environment(values)
    return {
        **QUIET,
        **values,
        "PYTHONPATH": str(root),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "YUNJIU_HOST": addresses.host,
        "YUNJIU_PORT": str(addresses.port),
        "YUNJIU_ENGINE_URL": addresses.engine_url,
        "YUNJIU_ENGINE_HOST": addresses.engine_host,
        "YUNJIU_ENGINE_PORT": str(addresses.engine_port),
        "YUNJIU_TRACKER_DB": values.get("YUNJIU_TRACKER_DB") or "var/engine.db",
        "YUNJIU_ACTIONS_URL": values.get("YUNJIU_ACTIONS_URL") or addresses.actions_url,
    }


def serve(layout: Layout, values: Mapping[str, str], steps: Steps) -> None:
    """Start, wait for the first answer, and stay until asked to stop or until supervisord ends."""
    addresses = Addresses.from_environment(values)
    check_ports(addresses)
    relay = Relay(layout.logs, (*PARTS, "supervisor"))
    supervisor = Supervisor(layout, APP.python(layout.root), environment(layout.root, values))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    over = threading.Event()
    printer = threading.Thread(target=_print_log, args=(relay, over), daemon=True)
    try:
        with steps.step("starting engine, app and worker, and asking a first question"):
            supervisor.start()
            printer.start()
            wait_for_answer(supervisor, layout, addresses)
        steps.say(f"\nYunjiu answers at {addresses.url}/    (`make shell` chats in a terminal; Ctrl-C stops all)\n")
        while not supervisor.has_ended():
            time.sleep(0.5)
        raise Problem(f"supervisord ended. Its last lines:\n{last_lines(layout.logs / 'supervisor.log')}")
    except KeyboardInterrupt:
        steps.say("\nstopping engine, app and worker…")
    finally:
        supervisor.stop()
        over.set()
        if printer.is_alive():
            printer.join()
    steps.say("stopped.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _print_log(relay: Relay, over: threading.Event) -> None:
    while True:
        last_round = over.wait(0.2)
        for line in relay.lines():
            print(line, flush=True)
        if last_round:
            return


def wait_for_answer(
    supervisor: Supervisor, layout: Layout, addresses: Addresses, patience: float = PATIENCE_SECONDS
) -> None:
    """Return once a first question has got a policy answer; else say which part is to blame."""
    started = time.monotonic()
    said = "nothing was asked yet: /readyz did not say that all is ready"
    failing = Failing()
    while time.monotonic() - started < patience and not supervisor.has_ended():
        if _get(f"{addresses.url}/readyz"):
            said = first_answer(addresses)
            if not said:
                return
        elif failing.beyond_hope(supervisor):
            break
        time.sleep(1)
    raise Problem(_diagnosis(supervisor, layout, addresses, said, elapsed(started)))


class Failing:
    """Sees that a part dies at every start, without waiting until all patience is used up."""

    def __init__(self, every: float = 4.0, looks: int = 4) -> None:
        self._every = every
        self._left = looks
        self._next = 0.0
        self._pids: dict[str, int] = {}

    def beyond_hope(self, supervisor: Supervisor) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._every
        pids = supervisor.pids()
        if any(pids.get(part) != pid for part, pid in self._pids.items()):
            self._left -= 1
        self._pids |= pids
        return self._left <= 0


def first_answer(addresses: Addresses) -> str:
    """What came instead of an answer from the notice; empty when that is what came."""
    turn = {"conversation_id": f"make-run-{uuid.uuid4().hex}", "text": FIRST_MESSAGE}
    request = urllib.request.Request(
        f"{addresses.url}/api/v1/chat", json.dumps(turn).encode(), {"Content-Type": "application/json"}
    )
    try:
        with _HTTP.open(request, timeout=30) as answer:
            messages: list[dict[str, Any]] = json.load(answer)["messages"]
    except (OSError, ValueError, KeyError) as error:
        return f"the first question got no answer: {error}"
    kinds = [message.get("kind") for message in messages]
    return "" if "policy_answer" in kinds else f"the first question got {kinds} instead of a policy_answer"


def _get(url: str) -> bool:
    try:
        with _HTTP.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _diagnosis(supervisor: Supervisor, layout: Layout, addresses: Addresses, said: str, after: str) -> str:
    states = supervisor.states()
    ready = {
        "engine": _get(f"{addresses.engine_url}/webhooks/gateway/"),
        "app": _get(f"{addresses.url}/healthz"),
        "worker": states.get("worker") in ("RUNNING", "STARTING"),
    }
    blamed = [part for part in PARTS if not ready[part]]
    if supervisor.has_ended():
        blamed.append("supervisor")
    parts = [f"Yunjiu did not come up within {after}; {said}."]
    for part in blamed or PARTS:
        log = layout.logs / f"{part}.log"
        state = "" if ready.get(part) else f" is not ready ({states.get(part, 'not running')})"
        parts.append(f"{part}{state}. Its last lines ({log}):\n{last_lines(log, 20)}")
    return "\n".join(parts)

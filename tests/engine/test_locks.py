"""The engines' locks, in a Redis of the tests' own that is stopped, restarted and frozen."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rasa.core.lock_store import LockError, LockStore
from rasa.core.utils import AvailableEndpoints

from bot.engine.locks import Leases

ROOT = Path(__file__).parents[2]


class Server:
    """Reached by a socket in its own folder only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/socket"
        self.start()

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", "socket", "--appendonly", "yes", "--save", ""]
        command = ["/usr/bin/redis-server", *options, "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said: list[str] = []
        while "eady to accept connections" not in (line := self._process.stdout.readline()):
            said.append(line)
            assert line, "".join(said)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def forget_all(self) -> None:
        for file in self._folder.glob("appendonlydir/*"):
            file.unlink()


@pytest.fixture
def server() -> Iterator[Server]:
    assert os.access("/usr/bin/redis-server", os.X_OK), "install the Debian package redis-server"
    with tempfile.TemporaryDirectory(prefix="yunjiu-redis-", ignore_cleanup_errors=True) as folder:
        made = Server(Path(folder))
        yield made
        made.thaw()
        made.kill()


@pytest.fixture
def leases(server: Server) -> Callable[..., Leases]:
    """Those of one engine, with a lease and a patience in seconds."""
    return lambda lease=0.6, patience=3.0: Leases(server.url, lease, patience)


async def seconds_until_held(engine: Leases) -> float:
    started = time.monotonic()
    async with engine.held("someone"):
        return time.monotonic() - started


def test_many_turns_at_two_engines_are_under_way_one_at_a_time(leases: Callable[..., Leases]) -> None:
    async def at_once() -> int:
        engines, under_way, most = [leases(patience=20), leases(patience=20)], 0, 0

        async def turn(engine: Leases) -> None:
            nonlocal under_way, most
            async with engine.held("someone"):
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0)
                under_way -= 1

        await asyncio.gather(*(turn(engines[number % 2]) for number in range(40)))
        return most

    assert asyncio.run(at_once()) == 1


def test_conversations_do_not_wait_for_one_another(leases: Callable[..., Leases]) -> None:
    async def both() -> None:
        async with leases().held("one"), leases(patience=0.0).held("other"):
            pass

    asyncio.run(both())


def test_a_turn_that_takes_longer_than_a_lease_keeps_its_lock(leases: Callable[..., Leases]) -> None:
    async def long_turn() -> None:
        async with leases(lease=0.3).held("someone"):
            with pytest.raises(LockError, match="under way"):
                await seconds_until_held(leases(patience=1.0))

    asyncio.run(long_turn())


def test_the_lock_of_an_engine_that_was_killed_ends_with_its_lease(server: Server) -> None:
    takes = "import asyncio, sys; from bot.engine.locks import Leases\n"
    takes += "async def hold():\n  async with Leases(sys.argv[1], 0.6).held('someone'):\n"
    takes += "    print('held', flush=True); await asyncio.sleep(60)\nasyncio.run(hold())"
    with subprocess.Popen([sys.executable, "-c", takes, server.url], cwd=ROOT, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None and engine.stdout.readline() == b"held\n"
        engine.kill()
    assert asyncio.run(seconds_until_held(Leases(server.url, 0.6, 3.0))) < 2


def test_a_turn_that_is_cancelled_gives_its_lock_back(leases: Callable[..., Leases]) -> None:
    async def cancelled() -> None:
        held = asyncio.Event()

        async def turn() -> None:
            async with leases(lease=30.0).held("someone"):
                held.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(turn())
        await held.wait()
        task.cancel()
        await seconds_until_held(leases())

    asyncio.run(cancelled())


@pytest.mark.parametrize("remembers", [True, False])
def test_redis_restarted_in_the_middle_of_a_turn(
    server: Server, leases: Callable[..., Leases], remembers: bool
) -> None:
    """The turn goes on, and has its lock again at the next renewal whatever Redis remembers."""

    async def turn() -> None:
        async with leases(lease=0.6).held("someone"):
            server.kill()
            if not remembers:
                server.forget_all()
            server.start()
            await asyncio.sleep(0.5)
            with pytest.raises(LockError, match="under way"):
                await seconds_until_held(leases(patience=0.0))
        await seconds_until_held(leases(patience=0.0))

    asyncio.run(turn())


def test_a_turn_waits_for_redis_and_goes_on(server: Server, leases: Callable[..., Leases]) -> None:
    async def turn() -> None:
        engine = leases(patience=10.0)
        await seconds_until_held(engine)
        server.kill()
        waiting = asyncio.create_task(seconds_until_held(engine))
        await asyncio.to_thread(server.start)
        await waiting

    asyncio.run(turn())


def test_without_redis_a_turn_fails_in_time_and_says_why(server: Server, leases: Callable[..., Leases]) -> None:
    async def turn(engine: Leases) -> None:
        with pytest.raises(LockError, match="Redis does not answer"):
            await seconds_until_held(engine)

    server.kill()
    asyncio.run(turn(leases(patience=0.5)))
    server.start()
    server.freeze()
    started = time.monotonic()
    asyncio.run(turn(leases(patience=0.5)))
    assert time.monotonic() - started < 12


def test_the_endpoints_name_the_store(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    for name in ("YUNJIU_ACTIONS_URL", "YUNJIU_ENGINE_TOKEN", "YUNJIU_TRACKER_DB"):
        monkeypatch.setenv(name, "given")
    monkeypatch.delenv("YUNJIU_LOCK_REDIS_URL", raising=False)
    endpoint = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")).lock_store

    async def hold(store: LockStore) -> None:
        async with store.lock("someone"):
            pass

    async def at_another_engine_too(one: LockStore, other: LockStore) -> bool:
        """Whether a turn that is under way at one engine leaves the other free to begin."""
        async with one.lock("someone"):
            try:
                await asyncio.wait_for(hold(other), 0.5)
            except asyncio.TimeoutError:
                return False
            return True

    assert asyncio.run(at_another_engine_too(LockStore.create(endpoint), LockStore.create(endpoint)))
    monkeypatch.setenv("YUNJIU_LOCK_REDIS_URL", server.url)
    assert not asyncio.run(at_another_engine_too(LockStore.create(endpoint), LockStore.create(endpoint)))

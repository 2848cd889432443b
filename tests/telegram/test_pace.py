"""How fast a bot may speak, by a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from telegram.error import RetryAfter

from bot.channels.telegram import pace
from bot.channels.telegram.pace import Pace, Rates


class Clock:
    """Sleeping moves it on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(pace.time, "monotonic", clock.monotonic)
    monkeypatch.setattr(pace.asyncio, "sleep", clock.sleep)
    yield clock


def moments(clock: Clock, chats: list[int], refused: int = 0) -> list[float]:
    """When the messages to ``chats`` went out, in seconds from now; the first ``refused`` calls are too fast by 7 s."""
    limiter, begun, gone = Pace(Rates()), clock.now, list[float]()
    refusals = [RetryAfter(7)] * refused

    async def call() -> bool:
        if refusals:
            raise refusals.pop()
        gone.append(round(clock.now - begun, 3))
        return True

    async def speak() -> None:
        for chat in chats:
            await limiter.process_request(call, (), {}, "sendMessage", {"chat_id": chat}, None)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(speak())
    loop.close()
    return gone


def test_a_chat_gets_one_a_second_after_the_first_few(clock: Clock) -> None:
    assert moments(clock, [1] * 7) == [0, 0, 0, 0, 1, 2, 3]


def test_a_group_gets_twenty_a_minute(clock: Clock) -> None:
    assert moments(clock, [-1] * 5) == [0, 0, 3, 6, 9]


def test_all_together_get_25_a_second(clock: Clock) -> None:
    went = moments(clock, list(range(1, 101)))
    assert went[:25] == [0] * 25
    assert went[-1] == pytest.approx(3, abs=0.01)


def test_what_telegram_asks_for_is_waited(clock: Clock) -> None:
    assert moments(clock, [1, 1], refused=2) == [14, 14]

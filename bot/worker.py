"""The worker: what has to be done without anybody asking for it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import policy_kb
from bot import logs
from bot.gateway.engine import EngineClient, EngineError
from bot.metrics import serving
from bot.metrics.metrics import Metrics
from bot.metrics.requests import watch_loop
from bot.settings import Settings
from casework.desk import Desk, open_desk
from casework.exchange.delivery import Courier
from casework.store.alone import Alone
from casework.store.cipher import KeyRing
from casework.store.database import open_database, prepare

logger = logging.getLogger("yunjiu.worker")

HOUSEKEEPING_SECONDS = 3600
DELIVERY_SECONDS = 5
LOOK_AHEAD = timedelta(days=30)
CALL_HOURS = 12
"""A call that an agent has left open for so long is over."""


async def forget_the_old(desk: Desk, engine: EngineClient, settings: Settings) -> tuple[int, int]:
    """Deletes what is past its retention, here and in the engine; gives the numbers of conversations and drafts.

    The engine forgets first: whoever it could not forget now, or had only just forgotten when this process ended, is
    still here for the next round to find.
    """
    drafts = await asyncio.to_thread(desk.errands.drop_older_than, settings.draft_days)
    await asyncio.to_thread(desk.calls.drop_older_than, CALL_HOURS)
    forgotten = 0
    while senders := await asyncio.to_thread(desk.log.older_than, settings.retention_days):
        for sender in senders:
            try:
                await engine.forget(sender)
            except EngineError as error:
                logger.error("the engine did not forget a conversation, so it is kept until the next round: %s", error)
                return forgotten, drafts
            await asyncio.to_thread(desk.forget, sender)
            forgotten += 1
    return forgotten, drafts


def ending_soon(knowledge: policy_kb.KnowledgeBase, day: date) -> list[str]:
    """The measures whose last day lies within the next thirty."""
    ends = ((measure.id, measure.validity.last_day) for measure in knowledge.measures.values())
    return [measure for measure, last in ends if last is not None and day <= last <= day + LOOK_AHEAD]


async def keep_house(desk: Desk, engine: EngineClient, settings: Settings) -> None:
    """One worker's work at a time; the others have nothing to do."""
    house = Alone(desk.engine, "housekeeping")
    if not await asyncio.to_thread(house.hold):
        return
    try:
        await _keep_house(desk, engine, settings)
    finally:
        await asyncio.to_thread(house.release)


async def _keep_house(desk: Desk, engine: EngineClient, settings: Settings) -> None:
    conversations, drafts = await forget_the_old(desk, engine, settings)
    today = date.today()
    late = await asyncio.to_thread(desk.cases.breaches, today)
    soon = await asyncio.to_thread(desk.cases.due_soon, today)
    logger.info(
        "house kept forgotten=%d drafts=%d ending_soon=%s due_soon=%d breaches=%d",
        conversations,
        drafts,
        ending_soon(policy_kb.load(), today),
        len(soon),
        len(late),
    )


async def deliver(courier: Courier, metrics: Metrics) -> None:
    done = await asyncio.to_thread(courier.deliver_due)
    metrics.delivered(done.sent, done.failed, done.dead)
    if done.sent or done.failed or done.dead:
        logger.info("outbox sent=%d failed=%d dead=%d", done.sent, done.failed, done.dead)


async def every(
    seconds: float, stop: asyncio.Event, work: Callable[[], Awaitable[None]], ended: Callable[[bool], None]
) -> None:
    """Once at once, then again after each pause, until ``stop`` is set.  A failed round is no reason to stop.

    ``ended`` is told of each round whether it was done.  What a round logs carries an id of its own.
    """
    while not stop.is_set():
        logs.begin_turn()
        done = False
        try:
            await work()
            done = True
        except Exception:
            logger.exception("a round failed; the next one comes in %s s", seconds)
        ended(done)
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Housekeeping once an hour and the outbox every few seconds, until ``stop`` is set."""
    database = open_database(settings.database_url)
    prepare(database)
    secret = settings.session_secret.get_secret_value()
    desk = open_desk(database, KeyRing.parse(settings.data_key.get_secret_value(), secret), secret)
    courier = desk.courier(settings.bureau)
    engine = EngineClient(
        settings.engine_url, settings.engine_token.get_secret_value(), settings.engine_timeout_seconds
    )
    metrics = Metrics(worker=True)
    port, lag = settings.worker_metrics_port, asyncio.create_task(watch_loop(metrics))
    close = serving.serve(metrics, settings.host, port, settings.metrics_token) if port else None
    await asyncio.gather(
        every(
            HOUSEKEEPING_SECONDS,
            stop,
            lambda: keep_house(desk, engine, settings),
            lambda done: metrics.round_ended("housekeeping", done),
        ),
        every(
            DELIVERY_SECONDS,
            stop,
            lambda: deliver(courier, metrics),
            lambda done: metrics.round_ended("delivery", done),
        ),
    )
    lag.cancel()
    if close:
        close()
    await engine.close()
    database.dispose()


async def _main() -> None:
    settings = Settings()
    logs.set_up("worker", settings.log_level, settings.log_format)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, stop)


if __name__ == "__main__":
    asyncio.run(_main())

"""The worker: what has to be done without anybody asking for it."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import date, timedelta

import policy_kb
from bot.gateway.engine import EngineClient, EngineError
from bot.settings import Settings
from casework.conversations import ConversationLog
from casework.database import Sealed, open_database, prepare

logger = logging.getLogger("yunjiu.worker")

EVERY_SECONDS = 3600
LOOK_AHEAD = timedelta(days=30)


async def forget_the_old(log: ConversationLog, engine: EngineClient, days: int) -> int:
    """Deletes conversations unused for ``days`` here and in the engine; gives their number."""
    senders = await asyncio.to_thread(log.forget_older_than, days)
    for sender in senders:
        try:
            await engine.forget(sender)
        except EngineError as error:
            logger.error("the engine did not forget a conversation: %s", error)
    return len(senders)


def ending_soon(knowledge: policy_kb.KnowledgeBase, day: date) -> list[str]:
    """The measures whose last day lies within the next thirty."""
    ends = ((measure.id, measure.validity.last_day) for measure in knowledge.measures.values())
    return [measure for measure, last in ends if last is not None and day <= last <= day + LOOK_AHEAD]


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """One round at once, then one an hour, until ``stop`` is set."""
    database = open_database(settings.database_url)
    prepare(database)
    sealed = Sealed(settings.data_key.get_secret_value())
    log = ConversationLog(database, sealed, settings.session_secret.get_secret_value())
    engine = EngineClient(
        settings.engine_url, settings.engine_token.get_secret_value(), settings.engine_timeout_seconds
    )
    while not stop.is_set():
        forgotten = await forget_the_old(log, engine, settings.retention_days)
        logger.info("round done forgotten=%d ending_soon=%s", forgotten, ending_soon(policy_kb.load(), date.today()))
        try:
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
        except TimeoutError:
            continue
    await engine.close()
    database.dispose()


async def _main() -> None:
    settings = Settings()
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(settings, stop)


if __name__ == "__main__":
    asyncio.run(_main())

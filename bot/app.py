"""The app: its parts put together in one place, and the process that serves them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from itsdangerous import Signer

import policy_kb
from actions import webhook
from actions.filing.conversation import FilingConversation
from actions.intake import Intake
from bot import bureau, logs
from bot.channels import api, web, widget
from bot.channels.telegram import opening as telegram
from bot.console import app as console
from bot.console.openid import Provider
from bot.console.parts import Console
from bot.gateway.agents import AgentLine
from bot.gateway.engine import EngineClient
from bot.gateway.gateway import Gateway
from bot.gateway.live import Live
from bot.gateway.turns import TurnQueues
from bot.metrics import serving
from bot.metrics.ledger import Ledger
from bot.metrics.metrics import Metrics
from bot.metrics.requests import Requests, watch_engine, watch_loop
from bot.plans import pages as plan_pages
from bot.plans.pages import PlanSheets
from bot.settings import Settings
from casework.counts import Counts
from casework.desk import open_desk
from casework.exchange.delivery import Decisions
from casework.staff.passwords import Passwords
from casework.store.cipher import KeyRing
from casework.store.database import open_database, prepare
from casework.store.turn_locks import turn_locks

KEPT_SECONDS = 20
"""How long an idle connection is kept: longer than by the engine, which would call an action over a closed one."""
PATIENCE_SECONDS = 5
"""How long a stopping app waits for requests under way; who follows a conversation would stay for ever."""


def create_app(settings: Settings, passwords: Passwords | None = None) -> FastAPI:
    """Wires settings, database, engine and channels; nothing connects before this is called.

    ``passwords``: how the staff's are hashed, if not at the recommended cost.
    """
    database = open_database(settings.database_url)
    prepare(database)
    secret = settings.session_secret.get_secret_value()
    token = settings.engine_token.get_secret_value()
    ring = KeyRing.parse(settings.data_key.get_secret_value(), secret)
    desk = open_desk(database, ring, secret, passwords)
    knowledge = policy_kb.load()
    intake = Intake(knowledge, desk, FilingConversation(knowledge, desk, date.today), date.today)
    engine = EngineClient(settings.engine_url, token, settings.engine_timeout_seconds)
    metrics = Metrics()
    ledger = Ledger(Counts(database), settings.bureau is not None, date.today)
    metrics.registry.register(ledger)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        work = (live.run(gateway.tell_news), watch_loop(metrics), watch_engine(metrics, engine.is_ready))
        running = [asyncio.create_task(each) for each in work]
        if app.state.telegram is not None:
            running.append(asyncio.create_task(app.state.telegram.run()))
        yield
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await engine.close()
        if locks is not None:
            locks.close()
        database.dispose()

    app = FastAPI(title="云就 Yunjiu", version="1", lifespan=lifespan)
    locks = turn_locks(database)
    queues = TurnQueues(settings.max_waiting_turns, settings.max_turns_per_minute, locks)
    live = Live(desk)
    gateway = Gateway(desk, intake, engine, queues, live, metrics)
    app.state.gateway = gateway
    app.state.live = live
    app.state.agents = agents = AgentLine(desk, live, metrics)
    app.state.metrics, app.state.ledger = metrics, ledger
    app.state.places = knowledge.places
    app.state.signer = Signer(secret, salt="yunjiu.web.conversation")
    app.state.engine_token = token
    app.state.actions = webhook.executor(desk, knowledge, date.today)
    app.state.bureau = None
    if settings.bureau is not None:
        decisions = Decisions(database, desk.sealed, desk.cases)
        app.state.bureau = bureau.BureauDoor(settings.bureau.secret, decisions)
    plan_pages.install(app, PlanSheets(desk, knowledge))
    for part in (api, web, webhook, bureau):
        part.install(app)
    widget.install(app, settings.allowed_origins)
    telegram.install(app, settings, desk, gateway)
    provider = _provider(settings)
    console.install(app, Console(desk, knowledge, gateway, engine, agents, live, ring, settings.https, provider))
    _add_health(app, engine)
    serving.install(app, metrics, settings.metrics_token)
    app.add_middleware(Requests, metrics=metrics)
    return app


def _provider(settings: Settings) -> Provider | None:
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None or settings.oidc_client_id is None or secret is None:
        return None
    issuer, claim = settings.oidc_issuer, settings.oidc_login_claim
    return Provider(issuer, settings.oidc_client_id, secret.get_secret_value(), claim)


def _add_health(app: FastAPI, engine: EngineClient) -> None:
    @app.get("/healthz", tags=["health"])
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"])
    async def ready() -> JSONResponse:
        """The engine answers too, so that a turn would."""
        engine_ready = await engine.is_ready()
        body = {"status": "ok" if engine_ready else "waiting", "engine": "ok" if engine_ready else "not answering"}
        return JSONResponse(body, status_code=200 if engine_ready else 503)


def main() -> None:
    settings = Settings()
    logs.set_up("app", settings.log_level, settings.log_format)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )


if __name__ == "__main__":
    main()

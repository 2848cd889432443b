"""The line to Telegram, put together from the settings."""

from __future__ import annotations

import logging

from fastapi import FastAPI
from telegram.request import HTTPXRequest

from bot.channels.telegram import receiving
from bot.channels.telegram.line import TelegramLine
from bot.channels.telegram.pace import Pace, Rates
from bot.channels.telegram.receiving import AskingBot, Polling, Webhook
from bot.gateway.gateway import Gateway
from bot.settings import Settings
from casework.desk import Desk

READ_SECONDS = 20.0


def install(app: FastAPI, settings: Settings, desk: Desk, gateway: Gateway) -> None:
    """Sets ``app.state.telegram``, None without a token; whoever runs the app runs the line."""
    app.state.telegram = app.state.telegram_webhook = None
    if settings.telegram_token is None:
        return
    _hush()
    source: Polling | Webhook = Polling()
    if settings.telegram_mode == "webhook" and settings.telegram_webhook_url and settings.telegram_webhook_secret:
        source = Webhook(settings.telegram_webhook_url, settings.telegram_webhook_secret.get_secret_value())
        app.state.telegram_webhook = source
        receiving.install(app)
    bot = _bot(settings.telegram_token.get_secret_value(), settings.telegram_api_url, Rates())
    app.state.telegram = TelegramLine(desk, gateway, bot, source)


def _bot(token: str, server: str, rates: Rates) -> AskingBot:
    """A connection of its own for asking, which waits long."""
    server = server.rstrip("/")
    return AskingBot(
        token,
        base_url=f"{server}/bot",
        base_file_url=f"{server}/file/bot",
        request=HTTPXRequest(connection_pool_size=64, read_timeout=READ_SECONDS, pool_timeout=READ_SECONDS),
        get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=READ_SECONDS),
        rate_limiter=Pace(rates),
    )


def _hush() -> None:
    """What these libraries log may hold the token, or what people wrote."""
    for name, level in (("httpx", logging.WARNING), ("httpcore", logging.WARNING), ("telegram", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)

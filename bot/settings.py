"""All settings, in one typed class.  Each can be given as an environment variable YUNJIU_<NAME>."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from casework.exchange.delivery import Bureau

ROOT = Path(__file__).parents[1]
SECRETS = ROOT / "var" / "secrets.env"
PLACEHOLDERS = frozenset({"", "changeme", "change-me", "secret", "password", "token", "todo"})
SHORTEST_SECRET = 16
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?")


class Settings(BaseSettings):
    """Read from the environment, then from var/secrets.env, then from the defaults here."""

    model_config = SettingsConfigDict(env_prefix="YUNJIU_", env_file=SECRETS, extra="ignore")

    host: str = Field("127.0.0.1", description="Address that the app listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the app listens on.")
    engine_url: str = Field("http://127.0.0.1:5005", description="Where the dialogue engine listens.")
    actions_url: str = Field(
        "http://127.0.0.1:8000/actions/webhook", description="Where the engine reaches the app's custom actions."
    )
    engine_token: SecretStr = Field(description="Shared by app and engine; generated on first run.")
    session_secret: SecretStr = Field(description="Signs and hashes conversation ids; generated on first run.")
    data_key: SecretStr = Field(description="Seals people's data; `id:key`, several with commas between; generated.")
    database_url: str = Field(
        f"sqlite:///{ROOT}/var/yunjiu.db", description="Where conversations and cases are kept; a SQLAlchemy URL."
    )
    tracker_db: str = Field(
        "var/engine.db", description="SQLite file, or postgresql://…, of the engine's own conversation state."
    )
    lock_redis_url: str | None = Field(
        None, description="redis://… that keeps several engines from one conversation; none: there is one engine."
    )
    engine_timeout_seconds: float = Field(30.0, gt=0, description="How long the engine may take for one turn.")
    max_waiting_turns: int = Field(60, ge=1, description="Turns of one conversation that may wait; more get 429.")
    max_turns_per_minute: int = Field(120, ge=1, description="Turns a minute in one conversation; more get 429.")
    retention_days: int = Field(180, ge=1, description="Days after which an unused conversation is deleted.")
    draft_days: int = Field(30, ge=1, description="Days after which an unfinished application is deleted.")
    bureau_url: str | None = Field(None, description="Where filed cases are delivered; none: they stay in the outbox.")
    bureau_secret: SecretStr | None = Field(None, description="Signs what goes to and comes from the bureau's system.")
    https: bool = Field(False, description="Browsers reach the app by https: the console's cookies go by nothing else.")
    oidc_issuer: str | None = Field(None, description="OpenID provider that vouches for the staff: its issuer.")
    oidc_client_id: str | None = Field(None, description="What the console is called at the OpenID provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="The console's secret at the OpenID provider.")
    oidc_login_claim: str = Field("preferred_username", description="Claim of the provider's token that is the login.")
    widget_origins: str = Field("", description="Pages that may carry the widget: origins, with commas between.")
    telegram_token: SecretStr | None = Field(None, description="Token of the Telegram bot; without one there is none.")
    telegram_mode: Literal["polling", "webhook"] = Field(
        "polling", description="How messages come from Telegram: `polling` asks for them, to `webhook` they are sent."
    )
    telegram_webhook_url: str | None = Field(
        None, description="Public https address of /telegram/webhook, where Telegram sends to."
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None, description="What Telegram proves itself with: 16 to 256 letters, digits, _ and -."
    )
    telegram_api_url: str = Field("https://api.telegram.org", description="The Bot API server.")
    log_level: str = Field("INFO", description="How much the app and the worker log.")
    log_format: Literal["text", "json"] = Field("text", description="What a line of the log is: `text` or `json`.")
    metrics_token: SecretStr | None = Field(
        None, description="With it /metrics is read from anywhere; without one from this machine only."
    )
    worker_metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port of the worker's own /metrics, at YUNJIU_HOST; none: it has none."
    )

    @property
    def bureau(self) -> Bureau | None:
        """The bureau's own system, where one is connected."""
        if self.bureau_url is None or self.bureau_secret is None:
            return None
        return Bureau(self.bureau_url, self.bureau_secret.get_secret_value())

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        return tuple(each.strip().lower() for each in self.widget_origins.split(",") if each.strip())

    @field_validator("widget_origins")
    @classmethod
    def _names_origins(cls, value: str) -> str:
        for each in value.lower().split(","):
            if each.strip() and not _ORIGIN.fullmatch(each.strip()):
                raise ValueError(f"{each.strip()} is no origin; one looks like https://www.example.gov.cn")
        return value

    @field_validator("engine_token", "session_secret", "data_key", "metrics_token")
    @classmethod
    def _is_a_real_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        if value.get_secret_value().lower() in PLACEHOLDERS or len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError("is a placeholder or too short; run `make run` once, it generates real ones")
        return value

    @field_validator("telegram_token", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _knows_where_telegram_sends_to(self) -> Self:
        if self.telegram_token is None or self.telegram_mode == "polling":
            return self
        secret = self.telegram_webhook_secret
        if (
            self.telegram_webhook_url is None
            or secret is None
            or not _WEBHOOK_SECRET.fullmatch(secret.get_secret_value())
        ):
            raise ValueError("telegram_mode webhook needs telegram_webhook_url and a real telegram_webhook_secret")
        return self

"""Settings are documented, secrets are real and are kept as secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.secret_file import ensure_secrets, read_secrets
from bot.settings import Settings

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_readme(field: str) -> None:
    description = Settings.model_fields[field].description
    assert description
    row = next((line for line in README.read_text().splitlines() if f"`YUNJIU_{field.upper()}`" in line), None)
    assert row is not None, f"README.md has no row for YUNJIU_{field.upper()}"
    assert description in row


@pytest.mark.parametrize("value", ["", "changeme", "short"])
def test_placeholders_are_refused(value: str) -> None:
    real = "x" * 44
    with pytest.raises(ValidationError, match="placeholder"):
        Settings(_env_file=None, engine_token=value, session_secret=real, data_key=real)  # type: ignore[call-arg, arg-type]


def test_secrets_do_not_print(settings: Settings) -> None:
    assert settings.engine_token.get_secret_value() not in repr(settings)


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets.env"
    ensure_secrets(path)
    first = read_secrets(path)
    ensure_secrets(path)
    assert read_secrets(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(first) == {"YUNJIU_ENGINE_TOKEN", "YUNJIU_SESSION_SECRET", "YUNJIU_DATA_KEY"}


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text("YUNJIU_ENGINE_TOKEN=mine\nOTHER=1\n")
    ensure_secrets(path)
    kept = read_secrets(path)
    assert kept["YUNJIU_ENGINE_TOKEN"] == "mine"
    assert kept["OTHER"] == "1"
    assert len(kept) == 4

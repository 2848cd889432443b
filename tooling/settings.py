"""Where the parts listen and what they are told, out of the environment and the secrets file."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tooling.console import Problem

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Addresses:
    host: str
    port: int
    engine_host: str
    engine_port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Addresses:
        engine = urlsplit(environ.get("YUNJIU_ENGINE_URL", "http://127.0.0.1:5005"))
        if engine.hostname not in LOOPBACK:
            raise Problem(
                f"YUNJIU_ENGINE_URL is {engine.geturl()!r}: the engine is started on this machine and speaks to\n"
                "the app only. Set it to http://127.0.0.1:<port>."
            )
        try:
            engine_port = engine.port or 80
        except ValueError:
            raise Problem(f"YUNJIU_ENGINE_URL is {engine.geturl()!r}: its port must be 1 to 65535.") from None
        return cls(
            host=environ.get("YUNJIU_HOST") or "127.0.0.1",
            port=_port("YUNJIU_PORT", environ.get("YUNJIU_PORT") or "8000"),
            engine_host=engine.hostname or "127.0.0.1",
            engine_port=engine_port,
        )

    @property
    def url(self) -> str:
        """The app as a program on this machine reaches it."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"

    @property
    def engine_url(self) -> str:
        return f"http://{self.engine_host}:{self.engine_port}"

    @property
    def actions_url(self) -> str:
        return f"{self.url}/actions/webhook"


def _port(setting: str, value: str) -> int:
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise Problem(f"{setting} is {value!r}: it must be a port, 1 to 65535. Example: {setting}=8001 make run")


def check_ports(addresses: Addresses) -> None:
    """Refuse to start beside something that listens already, naming the setting that moves us."""
    app_cure = f"YUNJIU_PORT={addresses.port + 1} make run"
    engine_cure = f"YUNJIU_ENGINE_URL=http://127.0.0.1:{addresses.engine_port + 1} make run"
    _check_port(addresses.host, addresses.port, "the app", "YUNJIU_PORT", app_cure)
    _check_port(addresses.engine_host, addresses.engine_port, "the engine", "YUNJIU_ENGINE_URL", engine_cure)


def _check_port(host: str, port: int, part: str, setting: str, cure: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is in use by another program" if taken else f"cannot be used ({error.strerror})"
            raise Problem(f"{host}:{port}, where {part} listens, {reason}.\nSet {setting}: {cure}") from None


def read_variables(path: Path) -> dict[str, str]:
    """A file of KEY=VALUE lines; {} where there is none."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


def settings(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment over the secrets file, as the app's own settings have it."""
    return {**read_variables(root / "var" / "secrets.env"), **environ}

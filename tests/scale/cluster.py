"""A bureau's whole installation on this machine: nginx, two engines, two apps, two workers, PostgreSQL and Redis."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from email.message import Message
from pathlib import Path

import httpx

from casework.desk import Desk, open_desk
from casework.store.cipher import KeyRing
from casework.store.database import open_database
from examples.bureau_receiver.__main__ import Answer, Receiver
from tests.casework.conftest import Postgres

ROOT = Path(__file__).parents[2]
NGINX = ROOT / "deploy" / "nginx"
SITE = Path(__file__).parent / "site.conf"
START_SECONDS = 90
BUREAU_SECRET = "a secret shared with the bureau"
ENGINES, APPS, WORKERS = ("engine_0", "engine_1"), ("app_0", "app_1"), ("worker_0", "worker_1")


def free_ports(names: tuple[str, ...]) -> dict[str, int]:
    """All different, since all are held until the last one is known."""
    held = {name: socket.socket() for name in names}
    for each in held.values():
        each.bind(("127.0.0.1", 0))
    ports = {name: int(each.getsockname()[1]) for name, each in held.items()}
    for each in held.values():
        each.close()
    return ports


class Bureau(Receiver):
    """The example receiver.  Its first letter is kept, but not acknowledged until ``gate`` opens."""

    def __init__(self, store: Path) -> None:
        super().__init__(0, BUREAU_SECRET, str(store))
        self.tried: list[str] = []
        self.first_is_kept, self.gate = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def take(self, headers: Message, body: bytes) -> Answer:
        answer = super().take(headers, body)
        self.tried.append(headers["Idempotency-Key"])
        if not self.first_is_kept.is_set():
            self.first_is_kept.set()
            self.gate.wait(60)
        return answer

    def handle_error(self, *_: object) -> None:
        """A worker that was killed does not wait for the answer."""

    def close(self) -> None:
        self.gate.set()
        self.shutdown()
        self.server_close()


class Cluster:
    """Everything below ``folder``; ``start`` and ``kill`` take the names of :data:`ENGINES` and so on, and redis."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.folder, self.postgres = folder, postgres
        self.ports = free_ports((*ENGINES, *APPS, "public", "engines", "actions", "redis"))
        self.bureau = Bureau(folder / "bureau.db")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        name = postgres.new_database()
        database = postgres.url(name)
        secret, key = secrets.token_urlsafe(48), KeyRing.generate()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OMP_NUM_THREADS": "1",
            "YUNJIU_ENGINE_TOKEN": secrets.token_urlsafe(24),
            "YUNJIU_SESSION_SECRET": secret,
            "YUNJIU_DATA_KEY": key,
            "YUNJIU_ENGINE_URL": f"http://127.0.0.1:{self.ports['engines']}",
            "YUNJIU_ACTIONS_URL": f"http://127.0.0.1:{self.ports['actions']}/actions/webhook",
            "YUNJIU_DATABASE_URL": database.render_as_string(),
            "YUNJIU_TRACKER_DB": database.set(drivername="postgresql").render_as_string(),
            "YUNJIU_LOCK_REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}",
            "YUNJIU_BUREAU_URL": f"http://127.0.0.1:{self.bureau.server_port}/letters",
            "YUNJIU_BUREAU_SECRET": BUREAU_SECRET,
        }
        self.database = open_database(database.render_as_string())
        self.desk: Desk = open_desk(self.database, KeyRing.parse(key, secret), secret)

    @property
    def url(self) -> str:
        return self.url_of("public")

    def url_of(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def start_all(self) -> None:
        """At once, as a machine that boots would; gives when a turn would be answered by any of them."""
        for name in ("redis", "nginx", *ENGINES, *APPS, *WORKERS):
            self.start(name)
        self.wait_until_ready(*ENGINES, *APPS)

    def start(self, name: str) -> None:
        environment = {**self.environment, "YUNJIU_PORT": str(self.ports.get(name, 0) or 1)}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(timeout=20)

    def restart(self, name: str) -> None:
        """As a supervisor does: killed, and started again at once."""
        self.kill(name)
        self.start(name)

    def wait_until_ready(self, *names: str) -> None:
        until = time.monotonic() + START_SECONDS
        for name in names:
            path = "/webhooks/gateway/" if name in ENGINES else "/readyz"
            while not self._answers(self.url_of(name) + path):
                alive = self.processes[name].poll() is None
                assert alive and time.monotonic() < until, f"{name} does not start:\n{self.tail(name)}"
                time.sleep(0.1)

    def tail(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        self.bureau.close()
        for name, process in self.processes.items():
            process.terminate() if name in ("nginx", "redis") else process.kill()
        for process in self.processes.values():
            process.wait(timeout=20)
        self.database.dispose()

    def _answers(self, url: str) -> bool:
        try:
            return httpx.get(url, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _command(self, name: str) -> list[str]:
        app, engine = str(ROOT / ".venv/bin/python"), str(ROOT / ".venv-engine/bin/python")
        match name.partition("_")[0]:
            case "engine":
                port = str(self.ports[name])
                model = ["--model", "models/yunjiu.tar.gz", "--endpoints", "endpoints.yml"]
                run = [engine, "-m", "bot.engine.serve", "run", "-i", "127.0.0.1", "-p", port]
                return [*run, *model, "--credentials", "credentials.yml"]
            case "redis":
                options = ["--port", str(self.ports["redis"]), "--bind", "127.0.0.1", "--save", ""]
                return [_program("redis-server"), *options, "--appendonly", "yes", "--dir", str(self.folder)]
            case "nginx":
                return self._nginx()
            case part:
                return [app, "-m", f"bot.{part}"]

    def _nginx(self) -> list[str]:
        """With the deployment's own configuration, but for the names and ports, which are those of one machine."""
        here = {"app-1:8000": APPS[0], "app-2:8000": APPS[1], "engine-1:5005": ENGINES[0], "engine-2:5005": ENGINES[1]}
        here |= {"listen 127.0.0.1:8080": "public", "listen 5005": "engines", "listen 8000": "actions"}
        site = "".join(each.read_text() for each in (NGINX / "sites" / "compose-inside.conf", SITE))
        for written, name in here.items():
            assert site.count(written) == 1, f"compose-inside.conf has no {written} any more"
            listen = "listen " if written.startswith("listen") else ""
            site = site.replace(written, f"{listen}127.0.0.1:{self.ports[name]}")
        (self.folder / "site.conf").write_text(site)
        for each in ("nginx.conf", "locations.conf"):
            shutil.copyfile(NGINX / each, self.folder / each)
        own = f"daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx-error.log crit;"
        user = " user root;" if os.geteuid() == 0 else ""
        folder = str(self.folder)
        return [_program("nginx"), "-p", folder, "-c", f"{folder}/nginx.conf", "-g", own + user]


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found, f"install the Debian packages of nginx and redis: there is no {name}"
    return found

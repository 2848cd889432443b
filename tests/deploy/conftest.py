"""nginx as it is deployed, in front of two hand-written apps that note what reaches them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NGINX = DEPLOY / "nginx"
SITES = sorted(each.stem for each in (NGINX / "sites").glob("*.conf"))


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    assert found, f"{name} is not installed: apt-get install {package}"
    return found


class App:
    """Answers with what it was asked; ``dies``: hangs up in the middle of a turn; ``more``: lets its stream go on."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.dies = False
        self.more = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def close(self) -> None:
        self.more.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(app) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                app.asked.append({"path": self.path, "headers": headers, "bytes": len(body)})
                if app.dies:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                answer = json.dumps({"app": app.port, "bytes": len(body)}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                if not self.path.endswith("/events"):
                    self.headers["Content-Length"] = "0"
                    return self.do_POST()
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(b"data: first\n\n")
                self.wfile.flush()
                app.more.wait(10)
                self.wfile.write(b"data: second\n\n")

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        return Handler


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Front:
    """nginx with one of the sites, whose names, ports and paths are moved to this machine's."""

    def __init__(self, folder: Path, site: str, apps: list[int]) -> None:
        self.folder = folder
        for each in ("nginx.conf", "locations.conf"):
            shutil.copyfile(NGINX / each, folder / each)
        self.listens: dict[str, int] = {}
        self.text = self._moved((NGINX / "sites" / f"{site}.conf").read_text(encoding="utf-8"), apps)
        (folder / "site.conf").write_text(self.text, encoding="utf-8")
        _make_certificate(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def test(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self._command(), "-t"], capture_output=True, text=True)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command("daemon off;"))
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", next(iter(self.listens.values()))), 1).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < until, "nginx does not start"
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)

    def url(self, port: str) -> str:
        """Of what listens there in the file: ``443``, ``127.0.0.1:8009``."""
        scheme = "https" if port.endswith("443") else "http"
        return f"{scheme}://127.0.0.1:{self.listens[port]}"

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "access.log").read_text().splitlines()]

    def _moved(self, text: str, apps: list[int]) -> str:
        def listen(found: re.Match[str]) -> str:
            self.listens[found[1]] = free_port()
            return f"listen 127.0.0.1:{self.listens[found[1]]}{found[2] or ''};"

        ports = iter(apps * 2)
        text = re.sub(r"\n *listen \[::\].*", "", text)
        text = re.sub(r"listen (\S+?)( ssl http2)?;", listen, text)
        text = re.sub(r"server [\w.-]+:\d+", lambda _: f"server 127.0.0.1:{next(ports)}", text)
        text = re.sub(r"access_log /\S+", f"access_log {self.folder}/access.log", text)
        text = re.sub(r"error_log /\S+", f"error_log {self.folder}/error.log", text)
        text = re.sub(r"ssl_certificate /\S+;", f"ssl_certificate {self.folder}/tls.crt;", text)
        text = re.sub(r"ssl_certificate_key /\S+;", f"ssl_certificate_key {self.folder}/tls.key;", text)
        paths = (f"{each}_temp_path {self.folder}/{each};" for each in ("proxy", "fastcgi", "uwsgi", "scgi"))
        return "\n".join([f"client_body_temp_path {self.folder}/body;", *paths, text])

    def _command(self, more: str = "") -> list[str]:
        own = f"pid {self.folder}/nginx.pid; error_log {self.folder}/main.log warn; {more}"
        user = " user root;" if os.geteuid() == 0 else ""
        conf = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-g", own + user]
        return [program("nginx", "nginx"), *conf]


def _make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "tls.crt").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))


@pytest.fixture
def apps() -> Iterator[tuple[App, App]]:
    pair = App(), App()
    yield pair
    for each in pair:
        each.close()


@pytest.fixture
def front(tmp_path: Path, apps: tuple[App, App]) -> Iterator[Front]:
    """One server's nginx, running."""
    started = Front(tmp_path, "one-server", [each.port for each in apps])
    started.start()
    yield started
    started.stop()


@pytest.fixture
def browser(front: Front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front.url("443"), verify=False, timeout=10) as client:
        yield client

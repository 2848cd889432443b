"""Ports, addresses and the secrets file."""

import socket
from pathlib import Path

import pytest

from tooling.console import Problem
from tooling.settings import Addresses, check_ports, read_variables, settings


def test_defaults() -> None:
    addresses = Addresses.from_environment({})
    assert (addresses.url, addresses.engine_url) == ("http://127.0.0.1:8000", "http://127.0.0.1:5005")


def test_what_is_set() -> None:
    addresses = Addresses.from_environment(
        {"YUNJIU_HOST": "0.0.0.0", "YUNJIU_PORT": "8123", "YUNJIU_ENGINE_URL": "http://localhost:6000/"}
    )
    assert (addresses.url, addresses.engine_url) == ("http://127.0.0.1:8123", "http://localhost:6000")
    assert addresses.actions_url == "http://127.0.0.1:8123/actions/webhook"


@pytest.mark.parametrize("port", ["", "0", "65536", "http", "-1", "８０"])
def test_a_wrong_port_is_named(port: str) -> None:
    if port:
        with pytest.raises(Problem, match="YUNJIU_PORT"):
            Addresses.from_environment({"YUNJIU_PORT": port})
    else:
        assert Addresses.from_environment({"YUNJIU_PORT": port}).port == 8000


@pytest.mark.parametrize("url", ["http://10.0.0.1:5005", "127.0.0.1:5005", "http://127.0.0.1:99999"])
def test_a_wrong_engine_url_is_named(url: str) -> None:
    with pytest.raises(Problem, match="YUNJIU_ENGINE_URL"):
        Addresses.from_environment({"YUNJIU_ENGINE_URL": url})


def test_free_ports_pass() -> None:
    check_ports(Addresses("127.0.0.1", _free_port(), "127.0.0.1", _free_port()))


@pytest.mark.parametrize(("part", "setting"), [("the app", "YUNJIU_PORT="), ("the engine", "YUNJIU_ENGINE_URL=")])
def test_a_taken_port_is_said_with_the_setting_that_moves_it(part: str, setting: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        app, engine = (taken, _free_port()) if part == "the app" else (_free_port(), taken)
        with pytest.raises(Problem, match="in use by another program") as problem:
            check_ports(Addresses("127.0.0.1", app, "127.0.0.1", engine))
    assert f"127.0.0.1:{taken}, where {part} listens" in str(problem.value)
    assert setting in str(problem.value)


def test_the_environment_wins_over_the_secrets_file(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var/secrets.env").write_text("# made by the set-up\n\nYUNJIU_A=one==\nYUNJIU_B='two'\n")
    assert settings(tmp_path, {"YUNJIU_B": "mine"}) == {"YUNJIU_A": "one==", "YUNJIU_B": "mine"}
    assert read_variables(tmp_path / "absent") == {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The compose file, by the specification's own schema and by what was meant.

compose-spec.json is schema/compose-spec.json of github.com/compose-spec/compose-spec, Apache License 2.0.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from deploy.make_secrets import make
from tests.deploy.conftest import DEPLOY, NGINX, ROOT
from tests.deploy.files import COMPOSE, SERVICES

SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))


def _faults(compose: dict[str, Any]) -> list[str]:
    return [f"{list(each.path)}: {each.message}" for each in Draft7Validator(SCHEMA).iter_errors(compose)]


def test_it_is_a_compose_file() -> None:
    assert _faults(COMPOSE) == []


def test_the_schema_sees_what_is_wrong() -> None:
    wrong = copy.deepcopy(COMPOSE)
    wrong["services"]["nginx"]["port"] = ["80:80"]
    assert _faults(wrong)


def test_what_is_named_is_there() -> None:
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= COMPOSE["networks"].keys(), name
        assert set(service.get("depends_on", {})) <= SERVICES.keys(), name
        used = {each if isinstance(each, str) else each["source"] for each in service.get("secrets", [])}
        assert used <= COMPOSE["secrets"].keys(), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("./nginx") or (DEPLOY / source).is_file(), source
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()


def test_the_secrets_are_the_files_that_are_made(tmp_path: Path) -> None:
    make(tmp_path, "postgres", "redis")
    wanted = {Path(each["file"]) for each in COMPOSE["secrets"].values()}
    assert {each.parent.as_posix() for each in wanted} == {"../var/deployment", "../var/deployment/tls"}
    assert {each.name for each in wanted if each.parent.name != "tls"} == {each.name for each in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["engine-1", "engine-2", "redis", "postgres"])
def test_it_is_reached_from_inside_only(name: str) -> None:
    assert list(SERVICES[name]["networks"]) == ["inner"] and "ports" not in SERVICES[name]
    assert COMPOSE["networks"]["inner"]["internal"] is True


def test_only_nginx_is_open_and_it_does_not_see_the_engines() -> None:
    assert [name for name, each in SERVICES.items() if "ports" in each] == ["nginx"]
    assert list(SERVICES["nginx"]["networks"]) == ["edge"]


def test_the_engine_holds_none_of_the_apps_keys() -> None:
    holders = {name for name, each in SERVICES.items() if "secrets.env" in str(each.get("secrets"))}
    assert holders == {"app-1", "app-2", "worker-1", "worker-2", "migrate"}


def test_all_wait_for_the_tables() -> None:
    for name in ("app-1", "app-2", "worker-1", "worker-2", "engine-1", "engine-2"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["restart"] == "no"


def test_roots_are_read_only_and_nobody_gains_rights() -> None:
    for name, service in SERVICES.items():
        if name == "postgres":  # its image changes its user itself
            continue
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_addresses_are_given_once_and_nginx_is_the_one_believed() -> None:
    given = [
        each["ipv4_address"]
        for service in SERVICES.values()
        if isinstance(service["networks"], dict)
        for each in service["networks"].values()
    ]
    assert len(set(given)) == len(given)
    believed = SERVICES["app-1"]["environment"]["FORWARDED_ALLOW_IPS"]
    assert believed == SERVICES["nginx"]["networks"]["edge"]["ipv4_address"]


@pytest.mark.parametrize("site", ["compose", "compose-inside"])
def test_nginx_looks_for_services_that_there_are(site: str) -> None:
    text = (NGINX / "sites" / f"{site}.conf").read_text()
    for word in ("app-1:8000", "app-2:8000", *(("engine-1:5005", "engine-2:5005") if site != "compose" else ())):
        assert f"server {word} " in text
        assert word.partition(":")[0] in SERVICES

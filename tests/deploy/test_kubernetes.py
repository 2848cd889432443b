"""The manifests: built by kubectl, checked by Kubernetes' own schemas, and by what was meant."""

from __future__ import annotations

import copy
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.conftest import DEPLOY, program

VERSION = "1.32"
PRIVATE_PORTS = {"engine": 5005, "app": 8000, "worker": 8010, "postgres": 5432, "redis": 6379}


@pytest.fixture(scope="module")
def built() -> list[dict[str, Any]]:
    kubectl = program("kubectl", "kubernetes-client")
    said = subprocess.run([kubectl, "kustomize", str(DEPLOY)], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return list(yaml.safe_load_all(said.stdout))


def _of(built: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in built if each["kind"] == kind}


def _pods(built: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {**_of(built, "Deployment"), **_of(built, "Job")}
    return {name: each["spec"]["template"]["spec"] for name, each in found.items()}


def test_each_fits_its_schema(built: list[dict[str, Any]]) -> None:
    for each in built:
        kubernetes_validate.validate(each, VERSION, strict=True)


def test_the_schema_sees_what_is_wrong(built: list[dict[str, Any]]) -> None:
    wrong = copy.deepcopy(_of(built, "Deployment")["app"])
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_everything_is_there_once(built: list[dict[str, Any]]) -> None:
    assert set(_of(built, "Deployment")) == {"nginx", "app", "engine", "worker"}
    assert set(_of(built, "HorizontalPodAutoscaler")) == {"app", "engine"}
    assert set(_of(built, "PodDisruptionBudget")) == {"nginx", "app", "engine", "worker"}
    assert set(_of(built, "Service")) == {"nginx", "app", "engine"} and set(_of(built, "Job")) == {"migrate"}
    assert not _of(built, "Secret")


def test_no_pod_may_do_more_than_it_needs(built: list[dict[str, Any]]) -> None:
    for name, pod in _pods(built).items():
        assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


def test_each_that_stays_is_watched(built: list[dict[str, Any]]) -> None:
    for name in _of(built, "Deployment"):
        container = _pods(built)[name]["containers"][0]
        assert "livenessProbe" in container, name
        assert "readinessProbe" in container or name == "worker", name


def test_services_and_probes_find_their_ports(built: list[dict[str, Any]]) -> None:
    for name, service in _of(built, "Service").items():
        container = _pods(built)[service["spec"]["selector"]["app"]]["containers"][0]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        for each in service["spec"]["ports"]:
            assert each["targetPort"] in ports, name
            assert name == "nginx" or each["port"] == ports[each["targetPort"]] == PRIVATE_PORTS[name]


def test_what_is_mounted_and_referred_to_is_there(built: list[dict[str, Any]]) -> None:
    maps = set(_of(built, "ConfigMap"))
    for name, pod in _pods(built).items():
        volumes = {each["name"]: each for each in pod["volumes"]}
        for container in pod["containers"]:
            assert {each["name"] for each in container["volumeMounts"]} == volumes.keys(), name
            for source in container.get("envFrom", []):
                assert "secretRef" in source or source["configMapRef"]["name"] in maps, name
        assert all(each["configMap"]["name"] in maps for each in volumes.values() if "configMap" in each), name


def test_the_engine_is_not_given_the_apps_keys(built: list[dict[str, Any]]) -> None:
    given = [source for source in _pods(built)["engine"]["containers"][0]["envFrom"] if "secretRef" in source]
    assert given == [{"secretRef": {"name": "yunjiu-engine"}}]


def _allowed(built: list[dict[str, Any]]) -> dict[str, set[tuple[str, str, int]]]:
    """Who is let speak to whom at which port, as either side's policy has it; "" is anybody, or outside."""
    allowed: dict[str, set[tuple[str, str, int]]] = {"from": set(), "to": set()}
    for name, policy in _of(built, "NetworkPolicy").items():
        for side, rules in (("from", "ingress"), ("to", "egress")):
            for rule in policy["spec"].get(rules, []):
                for peer in rule.get(side, [{}]):
                    other = peer.get("podSelector", {}).get("matchLabels", {}).get("app", "")
                    for port in rule["ports"]:
                        pair = (other, name) if side == "from" else (name, other)
                        allowed[side].add((*pair, port["port"]))
    return allowed


def test_nobody_speaks_unless_a_policy_says_so(built: list[dict[str, Any]]) -> None:
    closed = _of(built, "NetworkPolicy")["nobody"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_engine_is_private(built: list[dict[str, Any]]) -> None:
    allowed = _allowed(built)
    reached_by = {(other, port) for other, name, port in allowed["from"] if name == "engine"}
    reaches = {(other, port) for name, other, port in allowed["to"] if name == "engine"}
    assert reached_by == {("app", 5005), ("worker", 5005)}
    assert reaches == {("app", 8000), ("postgres", 5432), ("redis", 6379)}


def test_both_sides_of_a_connection_agree(built: list[dict[str, Any]]) -> None:
    allowed = _allowed(built)
    told, heard = ({each for each in allowed[side] if "" not in each} for side in ("to", "from"))
    assert told == heard
    assert all(port == PRIVATE_PORTS[other] for _, other, port in heard)

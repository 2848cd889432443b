"""The dashboard, the alerts and the document speak of the metrics that there are, and of all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.metrics.catalogue import ALL, OF_THE_APP, OF_THE_WORKER, Metric
from bot.metrics.ledger import Ledger
from bot.metrics.metrics import Metrics
from casework.counts import Counts
from casework.store.database import open_database

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/OBSERVABILITY.md").read_text()
RULES = ROOT / "deploy/prometheus/yunjiu.rules.yml"
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/yunjiu.json").read_text())
PANELS = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
NAMED = re.compile(r"\byunjiu_[a-z0-9_]+")
MATCHED = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')
KNOWN = {each.name: each for each in ALL}


def metric(name: str) -> Metric:
    """Of a name in a query: a histogram has three."""
    known = KNOWN.get(name) or KNOWN.get(re.sub(r"_(bucket|sum|count)$", "", name))
    assert known is not None, f"there is no metric {name}"
    assert known.kind == "histogram" or known.name == name
    return known


def check(expression: str) -> None:
    """Every metric exists, and so does every label that is asked of it, with the value."""
    assert NAMED.search(expression) or expression.startswith("up{")
    for name, conditions in re.findall(r"\b(yunjiu_[a-z0-9_]+)(?:\{([^}]*)\})?", expression):
        labels = metric(name).labels
        for label, value in MATCHED.findall(conditions):
            if label == "part" and name.endswith("_bucket"):
                assert value in (labels["part"] or ())
                continue
            assert label in labels, f"{name} has no label {label}"
            assert labels[label] is None or value in (labels[label] or ()), f"{name} has no {label} {value}"
    counters = [each for each in NAMED.findall(expression) if metric(each).kind == "counter"]
    for name in counters:
        within = rf"(rate|increase)\({name}(\{{[^}}]*\}})?\["
        assert re.search(within, expression), f"{name} is a counter: only how it grows means anything"


def test_the_catalogue_is_what_the_registries_have(tmp_path: Path) -> None:
    app, worker = Metrics(), Metrics(worker=True)
    engine = open_database(f"sqlite:///{tmp_path}/none.db")
    app.registry.register(Ledger(Counts(engine), False, lambda: pytest.fail("describing looks at nothing")))
    for metrics, listed in ((app, OF_THE_APP), (worker, OF_THE_WORKER)):
        names = {name for name in metrics.registry._names_to_collectors if not name.endswith("_created")}
        families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names if name not in KNOWN}
        assert (names & KNOWN.keys()) | (families & KNOWN.keys()) == {each.name for each in listed}
        assert families <= KNOWN.keys() | {each.name.removesuffix("_total") for each in listed}
    engine.dispose()


def test_the_document_has_every_metric_and_no_other() -> None:
    rows = dict(re.findall(r"^\| `(yunjiu_[a-z_]+)` \| (.*) \|$", DOCUMENT, re.MULTILINE))
    assert rows.keys() == KNOWN.keys()
    for name, row in rows.items():
        labels = ", ".join(f"`{each}`" for each in KNOWN[name].labels)
        assert row == f"{KNOWN[name].kind} | {labels} | {KNOWN[name].meaning}"
    for name in NAMED.findall(DOCUMENT):
        metric(name)


def test_the_document_has_every_value_of_every_label() -> None:
    rows = {
        (label, name): row for label, name, row in re.findall(r"^\| `(\w+)` of `(\w+)` \| (.*) \|$", DOCUMENT, re.M)
    }
    assert rows.keys() == {(label, each.name) for each in ALL for label in each.labels}
    for (label, name), row in rows.items():
        if (values := KNOWN[name].labels[label]) is not None:
            assert row == " ".join(f"`{each}`" for each in values)


def test_the_dashboard_has_the_shape_that_grafana_imports() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert DASHBOARD["uid"] == "yunjiu"
    ids = [each["id"] for each in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    (source,) = DASHBOARD["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    for panel in PANELS:
        assert panel["type"] in ("stat", "timeseries", "bargauge")
        assert panel["title"]
        assert panel["datasource"]["uid"] == f"${{{source['name']}}}"
        assert panel["targets"]
        assert len({each["refId"] for each in panel["targets"]}) == len(panel["targets"])


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        check(target["expr"])


def test_the_dashboard_shows_every_metric() -> None:
    asked = {metric(name).name for name in NAMED.findall(json.dumps([each["targets"] for each in PANELS]))}
    assert asked == KNOWN.keys()


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is_and_says_what_to_do(rule: dict[str, Any]) -> None:
    check(rule["expr"])
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "action"}


def test_prometheus_finds_the_rules() -> None:
    configuration = yaml.safe_load((RULES.parent / "prometheus.yml").read_text())
    assert configuration["rule_files"] == [RULES.name]
    jobs = {each["job_name"] for each in configuration["scrape_configs"]}
    asked = {job for rule in rules() for job in re.findall(r'job="([^"]+)"', rule["expr"])}
    assert asked <= jobs

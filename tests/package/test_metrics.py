"""Alerts and dashboard: every metric and label they name exists, promtool understands them, every alert fires when it must.

docs/metrics.md is the list of metrics; it is written from the table of metrics, and another test sees to it that it is
not stale.
"""

import json
import re

import pytest
import yaml

import alerts
from shipped import in_tree, need, run

pytestmark = pytest.mark.room("http")

RULES = in_tree("conf", "prometheus", "headgate.rules.yml")
DASHBOARD = in_tree("conf", "grafana", "headgate.json")
METRICS = in_tree("docs", "metrics.md")
COMMON_LABELS = {"job", "instance"}  # Prometheus' own
FOREIGN = {"up": set(), "ALERTS": {"alertname", "alertstate"}}


def rules():
    with open(RULES, encoding="utf-8") as f:
        return [rule for group in yaml.safe_load(f)["groups"] for rule in group["rules"]]


def panels():
    with open(DASHBOARD, encoding="utf-8") as f:
        return json.load(f)["panels"]


def dashboard_queries():
    """As Prometheus gets them: with the variables' values."""
    with open(DASHBOARD, encoding="utf-8") as f:
        dashboard = json.load(f)
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    return [query.replace("$__rate_interval", "5m").replace("$instance", ".*").replace("$cluster", ".*") for query in found]


def variables():
    """label_values(metric, label) of the dashboard's variables."""
    with open(DASHBOARD, encoding="utf-8") as f:
        listed = json.load(f)["templating"]["list"]
    return [re.fullmatch(r"label_values\((\w+), (\w+)\)", v["definition"]).groups() for v in listed if v["type"] == "query"]


def documented():
    """{metric: its labels}, the series of histograms by their own names."""
    found = dict(FOREIGN)
    with open(METRICS, encoding="utf-8") as f:
        for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]*) \|", f.read(), re.M):
            series = [name] if kind != "histogram" else [name + end for end in ("_bucket", "_sum", "_count")]
            found.update({one: set(filter(None, labels.split(", "))) for one in series})
    assert len(found) > 30
    return found


def named(query):
    """(metric, labels it is selected by) of a query, in which every name with an underscore is a metric or a function."""
    for name, selector in re.findall(r"\b((?:headgate|process)_\w+|up|ALERTS)\b(?:\{([^}]*)\})?", query):
        yield name, set(re.findall(r"(\w+)\s*[=!]~?", re.sub(r'"[^"]*"', "", selector)))


@pytest.mark.parametrize("queries", [lambda: [rule["expr"] for rule in rules()], dashboard_queries], ids=["alerts", "dashboard"])
def test_what_they_name_exists(queries):
    known, seen = documented(), set()
    for query in queries():
        for metric, labels in named(query):
            assert metric in known, f"{metric} in {query}"
            assert labels <= known[metric] | COMMON_LABELS, f"{metric} has no {labels - known[metric] - COMMON_LABELS}: {query}"
            seen.add(metric)
        by = set(re.findall(r"\w+", " ".join(re.findall(r"\b(?:by|on|group_left|group_right) \(([^)]*)\)", query))))
        has = set().union(*(known[metric] for metric, _ in named(query)))
        assert by <= has | COMMON_LABELS, f"nothing has {by - has}: {query}"
    assert len(seen) > 15


def test_the_dashboards_variables_exist():
    known = documented()
    assert {label for _, label in variables()} == {"instance", "cluster"}
    for metric, label in variables():
        assert label in known[metric] | COMMON_LABELS


def test_legends_and_annotations_use_labels_that_are_there():
    """A label that is not there is an empty word in an alert at three in the morning."""
    known = documented()
    for rule in rules():
        has = set().union(*(known[metric] for metric, _ in named(rule["expr"]))) | COMMON_LABELS
        used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
        assert used <= has, f"{rule['alert']}: {used - has}"
    for panel in panels():
        for target in panel.get("targets", []):
            has = set().union(*(known[metric] for metric, _ in named(target["expr"]))) | COMMON_LABELS
            used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - {"role", "state"}
            assert used <= has, f"{panel['title']}: {used - has}"


def test_every_alert_says_what_is_the_matter():
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found) > 15
    for rule in found:
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
        assert {*alerts.SICK} == {rule["alert"] for rule in found}


def test_promtool_takes_the_alerts():
    need("promtool", "prometheus")
    run("promtool", "check", "rules", RULES)


def test_every_alert_fires_when_it_must_and_only_then(tmp_path):
    need("promtool", "prometheus")
    cases = tmp_path / "cases.yml"
    cases.write_text(alerts.unit_tests(RULES, [rule["alert"] for rule in rules()]))
    run("promtool", "test", "rules", str(cases))
    cases.write_text(alerts.unit_tests(RULES, ["HeadgateDown"]).replace("0x300", "1x300"))
    run("promtool", "test", "rules", str(cases), status=1)


def test_promtool_takes_the_dashboards_queries(tmp_path):
    need("promtool", "prometheus")
    recorded = [{"record": f"query:{i}", "expr": query} for i, query in enumerate(dashboard_queries())]
    assert len(recorded) > 30
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    run("promtool", "check", "rules", str(path))
    path.write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": [{"record": "a", "expr": "sum(b"}]}]}))
    run("promtool", "check", "rules", str(path), status=1)


def test_the_dashboards_panels_have_their_place():
    taken, ids = set(), set()
    for panel in panels():
        where = panel["gridPos"]
        cells = {(x, y) for x in range(where["x"], where["x"] + where["w"]) for y in range(where["y"], where["y"] + where["h"])}
        assert where["x"] + where["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["id"] not in ids and panel["title"]
        ids.add(panel["id"])
        for target in panel.get("targets", []):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        names = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(names)) == len(names)

"""Recording and alerting rules: with promtool, and in a real Prometheus over what ails."""

import re
import subprocess
from functools import partial
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from otel_ops.collector.folder import configuration_folder
from tests.back_ends.answers import eventually, get
from tests.back_ends.cache import folder_of
from tests.monitoring.ailing_world import RULES, AilingWorld

pytestmark = [pytest.mark.back_ends, pytest.mark.usefixtures("prometheus")]

CASES = sorted((Path(__file__).parent / "rules").glob("*.test.yaml"))
PROVISIONED = configuration_folder() / "provisioning" / "prometheus" / "prometheus.yaml"


def promtool(*arguments: object) -> str:
    """Run promtool; give what it says."""
    program = folder_of("prometheus") / "promtool"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_promtool_finds_nothing_wrong() -> None:
    """Each file is free of what promtool warns of, and so is the server's configuration."""
    promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES.glob("*.yaml"))
    promtool("check", "config", "--syntax-only", PROVISIONED)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_rules_compute_what_they_should(case: Path) -> None:
    """Each rule gives the values and alerts that its cases expect."""
    assert "SUCCESS" in promtool("test", "rules", case)


def test_each_rule_has_a_case() -> None:
    """Cases speak of each recording rule and of each alert."""
    told = "".join(case.read_text(encoding="utf-8") for case in CASES)
    names = [
        name for path in RULES.glob("*.yaml") for name in re.findall(r"- (?:alert|record): (\S+)", path.read_text())
    ]
    assert [] == [name for name in names if name not in told]


def test_each_recording_rule_has_data(world: AilingWorld) -> None:
    """In a real Prometheus each recording rule gives series."""
    for name in named("record"):
        assert eventually(partial(world.prometheus.ask, name), bool), name


def test_each_alert_fires(world: AilingWorld) -> None:
    """Each alert of ours has fired over what ails; where it waits for minutes before, the test's copy does not."""
    expected = named("alert")
    assert expected == eventually(partial(have_fired, world), lambda found: found >= expected)


def test_alerts_tell_what_to_do(world: AilingWorld) -> None:
    """An alert that fires names operation and program, and the place that tells what to do."""
    alert = eventually(partial(firing, world, "OpsFailureShareHigh", "weigh"), bool)
    assert f"weigh of {world.service} fails often" == alert["summary"]
    assert "100% of its runs in the last 5 minutes have failed." == alert["description"]
    assert "docs/how-to/alerts.md#opsfailuresharehigh" == alert["runbook"]
    assert f"/d/otel_ops_errors?var-service={quote_plus(world.service)}" == alert["dashboard"]


def test_what_a_program_counts_itself_is_not_counted_from_spans_too(world: AilingWorld) -> None:
    """The figures of a program come from its own metrics, once it sends any."""
    figures = f'ops:runs:rate5m{{job="{world.service}"}}'
    ask = partial(world.prometheus.values, figures, "ops_source")
    assert {"program"} == eventually(ask, lambda found: found.keys() == {"program"}).keys()


def named(kind: str) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in RULES.glob("*.yaml")]
    return {name for text in texts for name in re.findall(rf"- {kind}: (\S+)", text)}


def have_fired(world: AilingWorld) -> set[str]:
    fired = 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[10m]))'
    return set(world.prometheus.values(fired, "alertname"))


def firing(world: AilingWorld, name: str, operation: str) -> dict[str, str]:
    """Give what an alert tells of an operation, while it fires."""
    alerts = get(f"{world.prometheus.address}/api/v1/alerts")["data"]["alerts"]
    told = [alert for alert in alerts if alert["labels"].get("ops_operation_name") == operation]
    fires = [one["annotations"] for one in told if one["labels"]["alertname"] == name and one["state"] == "firing"]
    return fires[0] if fires else {}

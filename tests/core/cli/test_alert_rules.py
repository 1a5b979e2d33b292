"""Prometheus' own tool reads the alert rules, and each fires on the metrics of a server in its state."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.cli.prometheus import failed_metrics, metrics
from nskeys.model.findings import FindingKind
from nskeys.model.register import CopyStatus
from nskeys.services.status.overview import Overview
from tests.fakes.command_line import Machine
from tests.fakes.monitoring import samples
from tests.fakes.overviews import copy, seen, wrong
from tests.fakes.programs import need, program

_HOUR = 60


def _well() -> str:
    return metrics(seen(copies=[copy()]), "00ff")


def _of(overview: Callable[[], Overview]) -> Callable[[], str]:
    return lambda: metrics(overview(), "00ff")


def _with(status: CopyStatus) -> Callable[[], str]:
    return lambda: metrics(seen(copies=[copy(), replace(copy(generation=40), status=status)]), "00ff")


_STATES: list[tuple[str, int, Callable[[], str]]] = [
    ("NskeysNoAnswer", 16, failed_metrics),
    ("NskeysCredentialsLost", 1, _of(lambda: wrong(FindingKind.LOST))),
    ("NskeysCredentialsAtRisk", 27 * _HOUR, _of(lambda: wrong(FindingKind.AT_RISK))),
    ("NskeysBackupDue", 27 * _HOUR, _of(lambda: wrong(FindingKind.BACKUP_DUE))),
    ("NskeysCopyNotGood", 2 * _HOUR, _with(CopyStatus.MISSING)),
    ("NskeysCopyNotGood", 2 * _HOUR, _with(CopyStatus.CHANGED)),
    ("NskeysDestinationUnreachable", 25 * _HOUR, _with(CopyStatus.UNREACHABLE)),
    ("NskeysDrillOverdue", 25 * _HOUR, _of(lambda: wrong(FindingKind.DRILL_OVERDUE))),
    ("NskeysDrillOverdue", 25 * _HOUR, _of(lambda: wrong(FindingKind.TYPING_OVERDUE))),
    ("NskeysDrillOverdue", 25 * _HOUR, _of(lambda: wrong(FindingKind.NOT_PROVEN))),
    ("NskeysRotationOpen", 8 * 24 * _HOUR, _of(lambda: wrong(FindingKind.ROTATION_OPEN))),
    ("NskeysFinding", 2 * _HOUR, _of(lambda: wrong(FindingKind.KEY_STORE_LEFT))),
    ("NskeysFinding", 2 * _HOUR, _of(lambda: wrong(FindingKind.UNREADABLE))),
]


@pytest.fixture
def rules(machine: Machine) -> Path:
    """The rules as the command writes them; it needs no home."""
    path = machine.folder / "nskeys.rules.yml"
    ran = machine.run("status", "--alert-rules", "--output", str(path))
    assert (ran.code, ran.err) == (0, "")
    assert machine.run("status", "--alert-rules").out == path.read_text()
    return path


def _promtool(*argv: str) -> subprocess.CompletedProcess[str]:
    need("promtool")
    return subprocess.run([program("promtool"), *argv], capture_output=True, text=True, check=False)


def _fires(rules: Path, alert: str, minutes: int, text: str) -> bool:
    """Return whether the alert fires after so many minutes in this state."""
    step = max(1, minutes // 60)
    series = [
        {"series": _series(name, labels), "values": f"{value}x{minutes // step}"}
        for (name, labels), value in samples(text).items()
    ]
    case = {
        "rule_files": [str(rules)],
        "evaluation_interval": f"{step}m",
        "tests": [
            {
                "interval": f"{step}m",
                "input_series": series,
                # Without an expectation promtool says which alerts fire: it fails where there is one.
                "alert_rule_test": [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    path = rules.with_name("case.yml")
    path.write_text(json.dumps(case))  # JSON is YAML
    ran = _promtool("test", "rules", str(path))
    assert ran.returncode == 0 or "got:" in ran.stdout + ran.stderr, ran.stderr
    return ran.returncode != 0


def _series(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    return f"{name}{{{','.join(f'{label}={json.dumps(value)}' for label, value in labels)}}}"


def test_the_rules_are_well_formed(rules: Path) -> None:
    assert _promtool("check", "rules", str(rules)).returncode == 0


@pytest.mark.parametrize(("alert", "minutes", "state"), _STATES)
def test_an_alert_fires_in_its_state_and_in_no_other(
    rules: Path, alert: str, minutes: int, state: Callable[[], str]
) -> None:
    assert _fires(rules, alert, minutes, state())
    assert not _fires(rules, alert, minutes, _well())


def test_old_metrics_are_noticed(rules: Path) -> None:
    written = 'node_textfile_mtime_seconds{file="/var/lib/node-exporter/nskeys.prom"} 0\n'
    assert _fires(rules, "NskeysMetricsStale", 3 * _HOUR, written)
    assert not _fires(rules, "NskeysMetricsStale", _HOUR, written)


def test_every_alert_has_its_state(rules: Path) -> None:
    told = {line.split(": ")[1] for line in rules.read_text().splitlines() if "- alert: " in line}
    assert told == {alert for alert, _, _ in _STATES} | {"NskeysMetricsStale"}

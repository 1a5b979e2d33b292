"""`status --prometheus`: the answer as metrics in the text exposition format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/: a HELP and a TYPE line before each family,
times in seconds since 1970, and in label values backslash, quote and line feed escaped. A time that is not
known has no sample. Where the question could not be answered there is `nskeys_up 0` and nothing else, so
that a stale answer cannot be mistaken for a good one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nskeys.cli.exits import exit_for_status
from nskeys.model.keys import KeyState
from nskeys.model.recoverability import Recoverability


@dataclass(frozen=True, slots=True)
class _Gauge:
    """One family: samples are labels (name, value) and a number."""

    name: str
    help: str
    samples: Sequence[tuple[Sequence[tuple[str, str]], int]]


def failed_metrics() -> str:
    """For a question that could not be answered."""
    return _text([_up(0)])


def metrics(server: str, cmdb_id: str, answer: Recoverability) -> str:
    """The answer."""
    totals = answer.totals
    states = [key.info.state for key in answer.keys if key.info is not None]
    return _text(
        [
            _up(1),
            _Gauge(
                "nskeys_info",
                "The Notification Server and its CMDB.",
                [([("server", server), ("cmdb_id", cmdb_id)], 1)],
            ),
            _Gauge(
                "nskeys_status",
                "Worst state of a credential: 0 recoverable, 1 at risk, 2 lost.",
                [([], exit_for_status(totals))],
            ),
            _Gauge(
                "nskeys_credentials",
                "Credentials by what becomes of them if the server dies now.",
                [
                    ([("state", "recoverable")], totals.recoverable),
                    ([("state", "at_risk")], totals.at_risk),
                    ([("state", "lost")], totals.lost),
                ],
            ),
            _Gauge(
                "nskeys_credentials_opens_here",
                "Credentials whose key is on this server.",
                [([], totals.opens_here)],
            ),
            _Gauge(
                "nskeys_keys",
                "Keys on this server by state.",
                [([("state", state.value)], states.count(state)) for state in KeyState],
            ),
            _Gauge("nskeys_backup_due", "Whether a new backup is due.", [([], int(bool(answer.due)))]),
            _moment(
                "nskeys_exposed_since_timestamp_seconds",
                "Since when a credential is at risk.",
                answer.exposed_since,
            ),
            _moment(
                "nskeys_last_backup_timestamp_seconds",
                "When the last backup was made.",
                answer.last.backup.created if answer.last else None,
            ),
        ]
    )


def _up(value: int) -> _Gauge:
    return _Gauge("nskeys_up", "Whether the question could be answered.", [([], value)])


def _moment(name: str, words: str, moment: datetime | None) -> _Gauge:
    return _Gauge(name, words, [] if moment is None else [([], int(moment.timestamp()))])


def _text(gauges: Iterable[_Gauge]) -> str:
    lines = []
    for gauge in gauges:
        if gauge.samples:
            lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
            lines += [f"{gauge.name}{_labels(labels)} {value}" for labels, value in gauge.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Sequence[tuple[str, str]]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

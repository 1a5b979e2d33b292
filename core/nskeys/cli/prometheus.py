"""`status --prometheus`: the answer as metrics in the text exposition format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/: a HELP and a TYPE line before each family,
times in seconds since 1970, and in label values backslash, quote and line feed escaped. A time that is not
known has no sample. Where the question could not be answered there is `nskeys_up 0` and nothing else, so
that a stale answer cannot be mistaken for a good one. Labels have few values whatever the register holds:
there is no sample for each backup.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import exit_for_findings
from nskeys.model.findings import CREDENTIAL_KINDS, Finding, FindingKind
from nskeys.model.halves import Lack
from nskeys.model.keys import KeyState
from nskeys.model.monitoring import CopyCounts, count_copies, last_proofs
from nskeys.reasons import MismatchKind
from nskeys.services.status.findings import findings_of

if TYPE_CHECKING:
    from nskeys.services.status.overview import Overview

_TRAIL = (MismatchKind.AUDIT, MismatchKind.AUDIT_LINE, MismatchKind.OTHER_TRAIL)


_Samples = Sequence[tuple[Sequence[tuple[str, str]], int]]


@dataclass(frozen=True, slots=True)
class _Gauge:
    """One family: samples are labels (name, value) and a number."""

    name: str
    help: str
    samples: _Samples


def failed_metrics() -> str:
    """Return the metrics where the question could not be answered."""
    return _text([_up(0)])


def metrics(overview: "Overview", cmdb_id: str) -> str:
    """Return the metrics of the answer."""
    answer, findings = overview.recoverability, findings_of(overview)
    return _text(
        [
            _up(1),
            _Gauge(
                "nskeys_info",
                "The Notification Server and its CMDB.",
                [([("server", overview.server), ("cmdb_id", cmdb_id)], 1)],
            ),
            *_credentials(overview, findings),
            _findings(findings),
            _Gauge(
                "nskeys_backup_due",
                "Whether a new backup is due.",
                _whether(findings, FindingKind.BACKUP_DUE),
            ),
            _Gauge(
                "nskeys_database_due",
                "Whether a new database copy is due.",
                [([], int(answer.database_due))],
            ),
            _Gauge(
                "nskeys_database_copies_counting",
                "Database copies that can count: elsewhere, opened once, good when looked at.",
                [([], sum(copy.good for copy in overview.made_copies))],
            ),
            *_database_backups(overview),
            _moment(
                "nskeys_last_database_copy_timestamp_seconds",
                "When the newest database copy that brings any credential back was made.",
                answer.database.copy.created if answer.database else None,
            ),
            _Gauge(
                "nskeys_credentials_lacking",
                "Credentials that would not come back, by the half that is missing.",
                [
                    ([("half", lack.value)], sum(key.uncovered for key in answer.keys if key.lacks is lack))
                    for lack in Lack
                ],
            ),
            _Gauge(
                "nskeys_drill_overdue",
                "Whether no copy that counts was drilled for too long.",
                _whether(findings, FindingKind.DRILL_OVERDUE),
            ),
            _Gauge(
                "nskeys_typing_overdue",
                "Whether nobody typed what opens a copy that counts for too long.",
                _whether(findings, FindingKind.TYPING_OVERDUE),
            ),
            _Gauge(
                "nskeys_checkpoint_ok",
                "Whether everything is as the server key signed it.",
                [([], int(not overview.mismatches and not overview.differences))],
            ),
            _Gauge(
                "nskeys_trail_ok",
                "Whether the audit trail ends as the server key signed it.",
                [([], int(all(one.what not in _TRAIL for one in overview.mismatches)))],
            ),
            _Gauge("nskeys_change_number", "The number of the last change.", [([], overview.number)]),
            _moment(
                "nskeys_last_typed_timestamp_seconds",
                "When a person last typed what opens a copy that counts.",
                overview.practice.typed,
            ),
            _Gauge(
                "nskeys_key_stores_not_removed",
                "Earlier key stores that could not be removed, by whether they still open the keys.",
                [
                    ([("opens", str(opens).lower())], sum(one.opens is opens for one in overview.leftovers))
                    for opens in (True, False)
                ],
            ),
            _Gauge(
                "nskeys_rotation_open",
                "Whether a rotation of the key waits or is not finished.",
                _whether(findings, FindingKind.ROTATION_OPEN),
            ),
            _moment(
                "nskeys_exposed_since_timestamp_seconds",
                "Since when a credential is at risk.",
                answer.exposed_since,
            ),
            _moment(
                "nskeys_checked_timestamp_seconds",
                "When the copies that count were looked at: now, or by a check; the oldest such look.",
                answer.checked or overview.taken,
            ),
            _moment(
                "nskeys_last_backup_timestamp_seconds",
                "When the last backup was made.",
                answer.last.backup.created if answer.last else None,
            ),
            *_copies(overview, findings),
        ]
    )


def _credentials(overview: "Overview", findings: Sequence[Finding]) -> Iterable[_Gauge]:
    answer, totals = overview.recoverability, overview.recoverability.totals
    states = [key.info.state for key in answer.keys if key.info is not None]
    yield _Gauge(
        "nskeys_status",
        "Worst state of a credential: 0 recoverable, 1 at risk, 2 lost.",
        [([], exit_for_findings(one for one in findings if one.kind in CREDENTIAL_KINDS))],
    )
    yield _Gauge(
        "nskeys_credentials",
        "Credentials by what becomes of them if the server dies now.",
        [
            ([("state", "recoverable")], totals.recoverable),
            ([("state", "at_risk")], totals.at_risk),
            ([("state", "lost")], totals.lost),
        ],
    )
    yield _Gauge(
        "nskeys_credentials_opens_here",
        "Credentials whose key is on this server.",
        [([], totals.opens_here)],
    )
    yield _Gauge(
        "nskeys_keys",
        "Keys on this server by state.",
        [([("state", state.value)], states.count(state)) for state in KeyState],
    )


def _findings(findings: Sequence[Finding]) -> _Gauge:
    """Return a sample for each kind of finding, 0 for those that are not the case."""
    return _Gauge(
        "nskeys_findings",
        "What is wrong, by kind: 0 not so, 1 a note, 2 a warning, 3 critical.",
        [([("finding", kind.value)], _grade(findings, kind)) for kind in FindingKind],
    )


def _grade(findings: Sequence[Finding], kind: FindingKind) -> int:
    return max((one.severity + 1 for one in findings if one.kind is kind), default=0)


def _whether(findings: Sequence[Finding], kind: FindingKind) -> _Samples:
    return [([], int(any(one.kind is kind for one in findings)))]


def _copies(overview: "Overview", findings: Sequence[Finding]) -> Iterable[_Gauge]:
    copies: CopyCounts = count_copies(overview.copies)
    yield _Gauge(
        "nskeys_copies",
        "Copies of backups by what this look found.",
        [([("sight", status.value)], number) for status, number in copies.statuses.items()],
    )
    yield _Gauge(
        "nskeys_not_proven_by_a_person",
        "1 where no person opened a backup yet for those whom the newest one is for.",
        _whether(findings, FindingKind.NOT_PROVEN),
    )
    yield _Gauge(
        "nskeys_custodians_shares_unproven",
        "Custodians' shares that were made and wait for their proof.",
        [([], overview.unproven_shares)],
    )
    yield _Gauge(
        "nskeys_copies_counting",
        "Copies that credentials would come back from: elsewhere, opened once, good now.",
        [([], copies.counting)],
    )
    yield _Gauge(
        "nskeys_register_rows_ignored",
        "Rows of the register that nobody vouches for, or that cannot be understood.",
        [([], copies.unsigned + overview.unreadable_rows)],
    )
    proofs = last_proofs(overview.copies).items()
    yield _Gauge(
        "nskeys_last_proof_timestamp_seconds",
        "When a copy that counts was last proven so far.",
        [([("proof", proof.value)], int(at.timestamp())) for proof, at in proofs if at is not None],
    )


def _up(value: int) -> _Gauge:
    return _Gauge("nskeys_up", "Whether the question could be answered.", [([], value)])


def _database_backups(overview: "Overview") -> Iterator[_Gauge]:
    """Yield when each of somebody else's database backups was checked last, and whether that counts."""
    counting = {copy.destination for copy in overview.databases if copy.declared and copy.good}
    yield _Gauge(
        "nskeys_database_backup_counts",
        "Whether somebody else's database backup, declared here, counts by its last check.",
        [([("backup", one.text)], int(one.text in counting)) for one in overview.declared],
    )
    yield _Gauge(
        "nskeys_database_backup_checked_timestamp_seconds",
        "When a database restored from it was last checked.",
        [
            ([("backup", one.text)], int(one.last_check.moment.timestamp()))
            for one in overview.declared
            if one.last_check is not None
        ],
    )


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

"""The JSON that scripts rely on: pure functions from the model to documents.

Names and tokens here are a contract; times are RFC 3339 in UTC, absent values are null. Adding a name is
allowed, changing or removing one is not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.errors import HostKeyUnknown, Mismatch
from nskeys.model.credentials import Credential
from nskeys.model.findings import FindingKind
from nskeys.model.inventory import KeyDifference
from nskeys.model.keys import Leftover
from nskeys.model.plans import RotationReport, SetUpReport, best_of
from nskeys.model.recoverability import KeyCoverage, RecoveryState, Totals
from nskeys.model.register import BackupCopy, Proof
from nskeys.model.registry import RegistryValues
from nskeys.model.schedule import Schedule
from nskeys.model.signed_json import Json
from nskeys.model.times import to_rfc3339
from nskeys.wording.inventory import difference_sentences
from nskeys.wording.mismatches import mismatch_line
from nskeys.wording.text.sentence import capitalised

if TYPE_CHECKING:
    from nskeys.services.keys.server_key import ServerKeyReport
    from nskeys.services.setup.destinations import DestinationStatus

Document = dict[str, Json]


def time(moment: datetime | None) -> str | None:
    """Return text such as `2026-11-23T14:02:00Z`, or None."""
    return None if moment is None else to_rfc3339(moment)


def set_up(report: SetUpReport) -> Document:
    """Return the document of `init`."""
    return {
        "server": report.server,
        "cmdb": report.cmdb,
        "cmdb_id": report.cmdb_id,
        "home": report.home,
        "protector": report.protector,
        "weak_passphrase": report.weak,
    }


def mismatch(item: Mismatch) -> Document:
    """Return one part that contradicts the checkpoint."""
    return {
        "what": item.what.value,
        "expected": item.expected,
        "found": item.found,
        "sentence": f"{capitalised(mismatch_line(item))}.",
    }


def rows_mismatch(item: KeyDifference) -> Document:
    """Return a key whose credentials are not those of its inventory, as one part."""
    return {
        "what": FindingKind.ROWS_CHANGED.value,
        "expected": "",
        "found": item.kid,
        "sentence": " ".join(difference_sentences(item)),
    }


def held_by(copy: BackupCopy | None) -> Document:
    """Return the copy that holds a waiting key and does not count, and whether only a drill of it is
    missing."""
    return {
        "held_by": None if copy is None else copy.address,
        "drill_due": copy is not None and copy.lies_well,
    }


def claiming(item: BackupCopy) -> Document:
    """Return an unsigned backup that claims to hold a key."""
    return {"path": item.address, "generation": item.backup.generation}


def leftovers(left: Iterable[Leftover]) -> list[Json]:
    """Return earlier key stores that could not be removed, each with what opens it: null for nothing."""
    return [{"path": one.path, "folder": one.folder, "protector": one.protector} for one in left]


def key(coverage: KeyCoverage) -> Document:
    """Return an item of `key list`. A key that is not here, but that credentials name, has no state."""
    info = coverage.info
    return {
        "key_id": coverage.kid,
        "state": None if info is None else info.state.value,
        "created": None if info is None else time(info.created),
        "credentials": coverage.credentials,
        "in_backups": coverage.backups,
        "recoverable": coverage.recoverable,
        "lacks": None if coverage.lacks is None else coverage.lacks.value,
    }


def credential(item: Credential, state: RecoveryState) -> Document:
    """Return an item of `credential list`, and the beginning of `credential show`."""
    return {
        "id": item.credential_id,
        "kind": item.fields.kind.value,
        "name": item.fields.name,
        "target": item.fields.target,
        "account": item.fields.account,
        "note": item.fields.note,
        "key_id": item.kid,
        "state": state.value,
        "created": time(item.created),
        "updated": time(item.updated),
    }


def server_key(report: "ServerKeyReport") -> Document:
    """Return the document of `server-key`."""
    return {
        "server_key": report.server_key,
        "predecessors": [{"server_key": one.server_key, "upto": one.upto} for one in report.predecessors],
        "statements": [
            {
                "statement": one.kind.value,
                "moment": time(one.moment),
                "server_key": one.server_key,
                "predecessor": one.predecessor,
                "upto": one.upto,
                "highest": one.highest,
            }
            for one in report.statements
        ],
    }


def rotated(report: RotationReport, backup_due: bool) -> Document:
    """Return the document of `key rotate`."""
    return {
        "key_id": report.kid,
        "state": report.state.value,
        "resealed": report.resealed,
        "backup_due": backup_due,
        **held_by(report.held_by),
    }


def backed_up(
    copies: Sequence[BackupCopy],
    failures: Iterable[tuple[str, str]],
    *,
    made: bool,
    database: Document | None,
    problem: str | None = None,
) -> Document:
    """Return the document of `backup`: the key backup's copy to name first, then all of them, `made` now
    or here already; `failures` are the destinations that got none, each with what happened in words. Then
    the same of the database copy (`database copy`), and what kept it from being made."""
    first = best_of(copies) if copies else None
    names = ("path", "kms_sha256", "key_ids", "proof", "location", "weak_password")
    head: Document = dict.fromkeys(names)
    if first is not None:
        head = {**backup(first), "weak_password": first.weak}
    return {
        **head,
        "copies": [{**backup(item), "destination": item.destination} for item in copies],
        "failures": [{"destination": place, "problem": said} for place, said in failures],
        "keys_made": made,
        "database": database,
        "database_problem": problem,
    }


def backup(copy: BackupCopy) -> Document:
    """Return the names that every document of a copy begins with."""
    return {
        "path": copy.address,
        "kms_sha256": copy.backup.kms_sha256,
        "key_ids": list(copy.backup.kids),
        "proof": copy.proof.value,
        "location": copy.where.location.value,
    }


def registry(values: RegistryValues) -> Document:
    """Return the document of `registry`."""
    return {"KMSBackupPath": values.backup_path, "KMSBackupDate": time(values.backup_date)}


def copy(item: BackupCopy) -> Document:
    """Return an item of `register list`, also printed by `register add` and `register retire`."""
    return {
        "id": item.backup.kms_sha256,
        **backup(item),
        "destination": item.destination,
        "server": item.backup.server,
        "cmdb_id": item.backup.cmdb_id,
        "created": time(item.backup.created),
        "generation": item.backup.generation,
        "size": item.backup.size,
        "hint": item.backup.hint,
        "sight": item.status.value,
        "looked": time(item.look_moment),
        "by_check": item.by_check,
        "proven": time(item.proven),
        "typed": time(item.typed),
        "weak_password": item.weak if item.signed else None,
        "good": time(item.good_moment),
        "retired": time(item.retired),
        "pruned": item.pruned,
        "signed": item.signed,
        "counts": item.counts,
        "proofs": proofs(item),
    }


def destination(status: "DestinationStatus", problem: str | None) -> Document:
    """Return an item of `destination list`; `problem` in words."""
    return {
        "destination": status.info.address,
        "elsewhere": status.info.declared_elsewhere,
        "mounted": None if status.info.mounted is None else status.info.mounted._asdict(),
        "key_file": status.info.key_file,
        "location": status.where.location.value,
        "reason": status.where.reason.value,
        "default": status.default,
        "problem": problem,
    }


def host_key(server: HostKeyUnknown, *, trusted: bool) -> Document:
    """Return the document of `destination trust`."""
    return {
        "host": server.host,
        "port": server.port,
        "key_type": server.key_type,
        "fingerprint": server.fingerprint,
        "trusted": trusted,
    }


def schedule(found: Schedule) -> Document:
    """Return the document of `schedule`."""
    return {
        "in_force": found.in_force,
        "systemd": found.systemd_runs,
        "obstacles": [obstacle.value for obstacle in found.obstacles],
        "units": [
            {"path": seen.path, "sight": seen.status.value, "text": seen.unit.text} for seen in found.units
        ],
        "timers": [
            {
                "job": timer.job.value,
                "enabled": timer.enabled,
                "active": timer.active,
                "next": time(timer.next),
                "last": time(timer.last),
                "last_code": timer.last_code,
            }
            for timer in found.timers
        ],
    }


def totals(found: Totals) -> Document:
    """Return credentials by what becomes of them."""
    return {
        "total": found.total,
        "recoverable": found.recoverable,
        "at_risk": found.at_risk,
        "lost": found.lost,
        "opens_here": found.opens_here,
    }


def proofs(item: BackupCopy) -> Document:
    """Return every level that was reached, with its date."""
    reached = ((proof.value, item.reached(proof)) for proof in Proof)
    return {name: time(moment) for name, moment in reached if moment is not None}

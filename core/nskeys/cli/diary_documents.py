"""The diary of drills as JSON; the same contract as `documents`."""

from nskeys.cli.documents import Document, time
from nskeys.model.diary import DrillEntry


def drill_document(entry: DrillEntry) -> Document:
    """An item of `register diary`."""
    return {
        "number": entry.number,
        "began": time(entry.began),
        "seconds": entry.seconds,
        "uid": entry.actor.uid,
        "user": entry.actor.user,
        "sudo_user": entry.actor.sudo_user,
        "host": entry.host,
        "path": entry.address,
        "archive_sha256": entry.archive_sha256 or None,
        "generation": entry.generation or None,
        "end": entry.end.value,
        "proof": None if entry.reached is None else entry.reached.value,
        "opened": entry.opened,
        "failed": entry.failed,
        "key_missing": entry.missing,
        "tampered": entry.tampered,
        "failures": list(entry.failures),
        "typed": entry.typed,
        "signed": entry.signed,
    }

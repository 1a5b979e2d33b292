"""The audit trail (section 9)."""

import hashlib
from collections.abc import Iterable

from tests.second_reader import shapes
from tests.second_reader.refusal import refuse_unless
from tests.second_reader.shapes import record

LINE = record(
    {
        "number": shapes.count,
        "time": shapes.moment,
        "uid": shapes.count,
        "user": shapes.text(),
        "login_uid": shapes.either_null(shapes.count),
        "login_user": shapes.text(),
        "sudo_user": shapes.text(),
        "action": shapes.text(),
        "subject": shapes.text(),
        "details": shapes.table(shapes.text()),
    },
    {"event": shapes.identifier},
)


def begin(cmdb_id: str) -> bytes:
    """Compute h(0)."""
    return hashlib.sha256(b"nskeys/audit/1\0" + bytes.fromhex(cmdb_id)).digest()


def follow(previous: bytes, line: bytes) -> bytes:
    """Compute the hash of a line behind the one before."""
    return hashlib.sha256(b"nskeys/audit/1\0" + previous + len(line).to_bytes(4, "big") + line).digest()


def check_trail(
    cmdb_id: str, lines: Iterable[tuple[str, bytes]], start: bytes | None = None
) -> tuple[int, bytes]:
    """Check lines and their digests, and give count and head; `start` is an accepted head (R-9.1)."""
    count, head = 0, start or begin(cmdb_id)
    for text, digest in lines:
        count, head = count + 1, follow(head, text.encode("utf-8"))
        refuse_unless(head == digest, "damaged", "R-9.1", f"line {count}: not its digest")
    return count, head


def name_message(action: str) -> str:
    """Compute the MESSAGE_ID of an action in the journal."""
    return hashlib.sha256(b"nskeys/message/1\0" + action.encode()).hexdigest()[:32]

"""The register, the diary of drills and the statements (section 8)."""

from typing import Any

from tests.second_reader import shapes
from tests.second_reader.canonical import find_newer, read_document
from tests.second_reader.refusal import refuse_unless
from tests.second_reader.shapes import Shape, record
from tests.second_reader.signed import check_signature, read_signed

MOST_ROW = 2**20
MOST_LINE = 64 * 2**10

PROOFS = ("recorded", "present", "intact", "opened", "keys_match", "credentials_open")
REASONS = [
    "local_disk",
    "memory",
    "network_mount",
    "network_mount_of_this_machine",
    "remote_server",
    "remote_is_this_machine",
    "declared",
    "foreign_filesystem",
    "not_mounted",
    "not_looked_at",
    "unreached",
    "untold",
]
ENDS = (
    "proven",
    "wrong_password",
    "other_identity",
    "damaged",
    "forged",
    "missing",
    "unreachable",
    "broken_off",
)

SIGHTED: dict[str, Shape] = {
    "where": record(
        {
            "location": shapes.token("here", "elsewhere", "unknown"),
            "reason": shapes.token(*REASONS),
            "detail": shapes.text(),
        }
    ),
    "proofs": shapes.array(record({"proof": shapes.token(*PROOFS), "moment": shapes.moment})),
    "sight": shapes.token("good", "missing", "changed", "unreachable", "not_looked"),
    "look_moment": shapes.moment,
    "good_moment": shapes.either_null(shapes.moment),
    "retired": shapes.either_null(shapes.moment),
}
OF_SERVER: dict[str, Shape] = {
    "server": shapes.text(),
    "cmdb_id": shapes.identifier,
    "server_key": shapes.digest,
    "created": shapes.moment,
}
BACKUP = record(
    {
        **OF_SERVER,
        "kms_sha256": shapes.digest,
        "archive_sha256": shapes.digest,
        "archive_name": shapes.text(),
        "size": shapes.count,
        "generation": shapes.count,
        "previous": shapes.either_null(shapes.digest),
        "kids": shapes.array(shapes.digest),
        "protection": shapes.token("password", "recipients"),
        "recipients": shapes.array(shapes.text()),
        "hint": shapes.text(),
        "copy_kids": shapes.array(shapes.digest),
        "earlier": shapes.array(shapes.text()),
    }
)
BACKUP_ROW = record(
    {
        **SIGHTED,
        "backup": BACKUP,
        "destination": shapes.text(),
        "address": shapes.text(),
        "drilled_rows": shapes.count,
    },
    {"drilled_upto": shapes.count, "typed": shapes.moment, "weak": shapes.integer(0, 2)},
)
COPY = record(
    {
        **OF_SERVER,
        "sha256": shapes.digest,
        "number": shapes.count,
        "copy_kid": shapes.digest,
        "keys": shapes.array(record({"kid": shapes.digest, "credentials": shapes.count})),
        "uncovered": shapes.array(shapes.digest),
        "covers_nothing": shapes.flag,
    }
)
COPY_PART = record({"name": shapes.text(), "sha256": shapes.digest, "size": shapes.count})
COPY_ROW = record({**SIGHTED, "copy": COPY, "destination": shapes.text(), "parts": shapes.array(COPY_PART)})

DRILL = record(
    {
        "began": shapes.moment,
        "seconds": shapes.count,
        "uid": shapes.count,
        "user": shapes.text(),
        "login_uid": shapes.either_null(shapes.count),
        "login_user": shapes.text(),
        "sudo_user": shapes.text(),
        "host": shapes.text(),
        "address": shapes.text(),
        "archive_sha256": shapes.either_empty(shapes.digest),
        "generation": shapes.count,
        "end": shapes.token(*ENDS),
        "reached": shapes.either_null(shapes.token(*PROOFS)),
        "opened": shapes.count,
        "missing": shapes.count,
        "tampered": shapes.count,
        "failures": shapes.array(shapes.text(), most=5),
        "typed": shapes.flag,
        "copy_sha256": shapes.either_empty(shapes.digest),
        "copy_number": shapes.count,
    }
)
SERVER_STATEMENT = record(
    {
        "cmdb_id": shapes.identifier,
        "moment": shapes.moment,
        "server_key": shapes.digest,
        "predecessor": shapes.either_null(shapes.digest),
        "upto": shapes.count,
        "highest": shapes.count,
        "backup": shapes.either_null(shapes.digest),
        "copy": shapes.either_null(shapes.digest),
        "cross_sig": shapes.either_null(shapes.octets(64)),
    }
)
CHECKPOINT_TEXT = shapes.either_null(record({"text": shapes.text()}))
HEAD = record({"count": shapes.count, "head": shapes.digest})
ACCEPTED = record(
    {
        "version": shapes.number,
        "cmdb_id": shapes.identifier,
        "number": shapes.number,
        "moment": shapes.moment,
        "reason": shapes.text(),
        "expected": CHECKPOINT_TEXT,
        "found": CHECKPOINT_TEXT,
        "mismatches": shapes.array(
            record({"what": shapes.text(), "expected": shapes.text(), "found": shapes.text()})
        ),
        "credentials": shapes.array(shapes.digest),
    },
    {"audit": record({"expected": HEAD, "found": HEAD, "lines": shapes.digest})},
)
STATEMENTS = {"restored": SERVER_STATEMENT, "replaced": SERVER_STATEMENT, "accepted": ACCEPTED}


def read_register_row(text: str, signature: bytes | None, public: bytes, label: str = "register") -> Any:
    """Read a row of the register: a backup's, or a database copy's (R-8.1, R-8.2)."""
    shape = COPY_ROW if text.startswith('{"copy":') else BACKUP_ROW
    document = read_signed(text, MOST_ROW, shape, "R-8.1")
    check_signature(label, text, signature, public, "R-8.2")
    return document


def read_drill(text: str, signature: bytes | None, public: bytes, label: str = "drill") -> Any:
    """Read a line of the diary (R-8.3, R-8.4)."""
    document = read_signed(text, MOST_LINE, DRILL, "R-8.3")
    check_signature(label, text, signature, public, "R-8.4")
    return document


def read_statement(text: str, signature: bytes | None, public: bytes, label: str) -> Any:
    """Read a statement under its label (R-8.5, R-8.6, R-8.8)."""
    if label == "accepted" and len(text) <= MOST_LINE:
        refuse_unless(
            not find_newer(read_document(text.encode("utf-8")), "version", 1), "newer", "R-8.8", "version"
        )
    document = read_signed(text, MOST_LINE, STATEMENTS[label], "R-8.5")
    check_signature(label, text, signature, public, "R-8.6")
    return document

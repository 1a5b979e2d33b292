"""The checkpoint, the home's document, and the hashes that a checkpoint names (section 12)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.canonical import find_newer, read_document, spell
from tests.second_reader.facts import audit_head, predecessor
from tests.second_reader.refusal import Refused, refuse_unless, under_rule
from tests.second_reader.shapes import decode_base64url, encode_base64url, record, spell_time
from tests.second_reader.signed import check_signature, read_signed

MOST_BYTES = 2**20
MOST_HOME_BYTES = 64 * 2**20

Document = dict[str, Any]


def void_range(value: Any, path: str) -> None:
    """Check one range of numbers that were abandoned."""
    shapes.array(shapes.number, 2, 2)(value, path)
    refuse_unless(value[0] <= value[1], "damaged", "R-12.1", f"{path} ends before it begins")


CHECKPOINT = record(
    {
        "version": shapes.number,
        "cmdb_id": shapes.identifier,
        "server_key": shapes.digest,
        "number": shapes.number,
        "moment": shapes.moment,
        "previous": shapes.either_null(shapes.digest),
        "store_id": shapes.identifier,
        "keys": shapes.digest,
        "register": shapes.digest,
        "diary": shapes.digest,
        "audit": audit_head,
        "rotation": shapes.either_null(shapes.digest),
        "recovery": shapes.either_null(shapes.digest),
        "predecessors": shapes.array(predecessor, most=1000),
        "void": shapes.array(void_range, most=100),
        "unexplained": shapes.array(
            record(
                {
                    "what": shapes.text(),
                    "since": shapes.moment,
                    "expected": shapes.text(),
                    "found": shapes.text(),
                }
            ),
            most=100,
        ),
        "last_check": shapes.either_null(
            record({"number": shapes.number, "moment": shapes.moment, "findings": shapes.count})
        ),
    }
)


def anything(value: Any, path: str) -> None:
    """Take a value as it stands: its hash is compared (R-12.4)."""


HOME = record(
    {
        "version": shapes.number,
        "checkpoint": shapes.text(),
        "sig": shapes.octets(64),
        "keys": shapes.array(shapes.table(anything)),
        "recovery": shapes.either_null(shapes.text()),
        "rotation": shapes.either_null(shapes.table(anything)),
        "register": shapes.array(shapes.digest),
        "diary": shapes.array(shapes.digest),
        "registry": shapes.either_null(
            record({"path": shapes.either_null(shapes.text()), "date": shapes.either_null(shapes.moment)})
        ),
        "events": shapes.array(shapes.identifier),
        "generation": shapes.count,
    },
    optional={"moved": record({"number": shapes.number, "left": shapes.text()})},
)


def read_checkpoint(
    text: str, signature: bytes | None, public: bytes | None, label: str = "checkpoint"
) -> Document:
    """Read a checkpoint; without the public half of the server key, its signature is not checked."""
    data = text.encode("utf-8")
    if len(data) <= MOST_BYTES:
        refuse_unless(not find_newer(read_document(data), "version", 1), "newer", "R-12.2", "version")
    document: dict[str, Any] = read_signed(text, MOST_BYTES, CHECKPOINT, "R-12.1")
    if public is not None:
        check_signature(label, text, signature, public, "R-12.3")
    return document


def read_home(data: bytes, public: bytes | None) -> Document:
    """Read `checkpoint.json`, and compare what it holds with its checkpoint (R-12.4)."""
    refuse_unless(len(data) <= MOST_HOME_BYTES, "damaged", "R-10.13", "more than 64 MiB")
    document: dict[str, Any] = read_document(data.removesuffix(b"\n"))
    refuse_unless(
        not find_newer(document, "version", 1), "newer", "R-12.2", "version of the home's document"
    )
    with under_rule("R-12.1"):
        HOME(document, "home")
    checkpoint = read_checkpoint(document["checkpoint"], decode_base64url(document["sig"]), public)
    named = {
        "keys": hash_value(document["keys"]),
        "register": hash_value(document["register"]),
        "diary": hash_value(document["diary"]),
        "rotation": document["rotation"] and hash_value(document["rotation"]),
        "recovery": document["recovery"] and hash_record(document["recovery"]),
    }
    for name, found in named.items():
        refuse_unless(
            checkpoint[name] == found, "damaged", "R-12.4", f"other {name} than the checkpoint names"
        )
    return document


def hash_value(value: Any) -> str:
    """Hash a value as JSON."""
    return hashlib.sha256(spell(value)).hexdigest()


def hash_record(text: str) -> str:
    """Hash the text of the record of recovery identities."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def hash_signed(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Hash each row of the register or the diary, by their number."""
    found = []
    for row in sorted(rows, key=lambda row: row["number"]):
        signature = row["signature"]
        found.append(hash_value([row["body"], None if signature is None else encode_base64url(signature)]))
    return found


def name_rows(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str | None]:
    """Compute what a checkpoint of these rows names: keys, register, diary, rotation, recovery."""
    keys = [
        {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
        for row in sorted(rows["keys"], key=lambda row: row["key_no"])
    ]
    rotations = [row for row in rows["rotations"] if row["stage"] != "finished"]
    if len(rotations) > 1:
        raise Refused("damaged", "R-12.4", "two open rotations")
    return {
        "keys": hash_value(keys),
        "register": hash_value(hash_signed(rows["register"])),
        "diary": hash_value(hash_signed(rows["drills"])),
        "rotation": hash_value(spell_rotation(rotations[0])) if rotations else None,
        "recovery": hash_record(rows["recovery"][0]["body"]) if rows["recovery"] else None,
    }


def spell_rotation(row: Mapping[str, Any]) -> Document:
    """Give a row of `rotations` as the checkpoint names it."""
    return {
        "begun": spell_time(row["begun"]),
        "changed": spell_time(row["changed"]),
        "gate_skipped": bool(row["gate_skipped"]),
        "kid": row["kid"],
        "number": row["number"],
        "stage": row["stage"],
    }

"""The manifest of a part of a database copy (section 13: R-13.3, R-13.5, R-13.9)."""

from typing import Any

from tests.second_reader import shapes
from tests.second_reader.canonical import read_document, spell
from tests.second_reader.facts import AGE_RECIPIENT, audit_head, kinds, member_sum, read_format
from tests.second_reader.names import name_public, signature_holds
from tests.second_reader.refusal import refuse_unless, under_rule
from tests.second_reader.shapes import decode_base64url, record

TABLES = (
    "meta",
    "keys",
    "credentials",
    "register",
    "recovery",
    "statements",
    "drills",
    "rotations",
    "audit",
)
MOST_MANIFEST = 4 * 2**20
MOST_UNPACKED = 200 * 2**20
MOST_NAMED = 100

COUNTS = record(dict.fromkeys(TABLES, shapes.count))
PART = record(
    {"sha256": shapes.digest, "size": shapes.count, "unpacked": shapes.count, "rows": shapes.count}
)
PROBLEMS = ("not_utf8", "number", "not_bytes", "too_large", "unknown_key")
LEFT_OUT_ROW = record(
    {"table": shapes.token(*TABLES), "row": shapes.outside_text(0, 64), "problem": shapes.token(*PROBLEMS)}
)
FACTS = record(
    {
        "format": shapes.text(),
        "server": shapes.outside_text(1, 255),
        "cmdb_id": shapes.identifier,
        "created": shapes.moment,
        "server_key": shapes.digest,
        "server_public": shapes.octets(32),
        "database": shapes.token("SQLite", "PostgreSQL"),
        "number": shapes.count,
        "checkpoint": shapes.either_null(shapes.digest),
        "copy_key": record({"kid": shapes.digest, "recipient": shapes.matching(AGE_RECIPIENT)}),
        "keys": shapes.array(record({"kid": shapes.digest, "credentials": shapes.count}), most=10_000),
        "kinds": kinds,
        "tables": COUNTS,
        "audit": audit_head,
        "left_out": record(
            {
                "count": shapes.count,
                "rows": shapes.array(
                    LEFT_OUT_ROW,
                    most=MOST_NAMED,
                ),
                "kids": shapes.array(shapes.digest, most=10_000),
                "unknown_key": shapes.flag,
            }
        ),
        "unexplained": shapes.flag,
        "parts": shapes.array(PART, most=10_000, rule="R-10.11"),
    }
)
MANIFEST = record(
    {
        "facts": FACTS,
        "part": shapes.number,
        "sig": shapes.octets(64),
        "members": record({"RESTORE.txt": member_sum, "cmdb.age": member_sum}),
    }
)


def read_copy_manifest(data: bytes) -> dict[str, Any]:
    """Read the manifest of a part, as its tables say."""
    refuse_unless(len(data) <= MOST_MANIFEST, "damaged", "R-10.2", "a manifest of more than 4 MiB")
    manifest: dict[str, Any] = read_document(data)
    with under_rule("R-13.5"):
        MANIFEST(manifest, "manifest")
    facts = manifest["facts"]
    known = read_format(facts["format"], "cmdb") == 1
    refuse_unless(known, "damaged", "R-13.5", "a format that is none")
    kids = [key["kid"] for key in facts["keys"]]
    refuse_unless(len(set(kids)) == len(kids), "damaged", "R-13.5", "a kid twice")
    fits = 1 <= manifest["part"] <= len(facts["parts"])
    refuse_unless(fits, "damaged", "R-13.5", "a part beyond parts, or none at all")
    for part in facts["parts"]:
        refuse_unless(part["unpacked"] <= MOST_UNPACKED, "damaged", "R-10.11", "more than 200 MiB")
    rows = sum(part["rows"] for part in facts["parts"])
    refuse_unless(rows == sum(facts["tables"].values()), "damaged", "R-13.5", "rows of parts and tables")
    named, counted = len(facts["left_out"]["rows"]), facts["left_out"]["count"]
    refuse_unless(
        named == min(counted, MOST_NAMED), "damaged", "R-13.5", "other than as many rows as counted"
    )
    return manifest


def check_copy_signature(manifest: dict[str, Any]) -> None:
    """Check the server key's name and signature (R-13.9)."""
    facts = manifest["facts"]
    public = decode_base64url(facts["server_public"])
    same = name_public("Ed25519", public) == facts["server_key"]
    refuse_unless(same, "not signed", "R-13.9", "server_key is not the thumbprint of server_public")
    holds = signature_holds("copy", spell(facts), decode_base64url(manifest["sig"]), public)
    refuse_unless(holds, "not signed", "R-13.9", "sig")

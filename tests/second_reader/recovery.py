"""The record of recovery identities (section 11: R-11.1 to R-11.4)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.canonical import find_newer, read_document
from tests.second_reader.facts import IDENTITY_MEMBERS, check_shares, earlier_identity
from tests.second_reader.names import name_public
from tests.second_reader.refusal import refuse_unless
from tests.second_reader.shapes import record
from tests.second_reader.signed import check_signature, read_signed

MOST_BYTES = 256 * 2**10
IDENTITY = record({**IDENTITY_MEMBERS, "sha256": shapes.digest}, {"weak": shapes.integer(0, 2)})
RECORD = record(
    {
        "version": shapes.number,
        "server_key": shapes.digest,
        "cmdb_id": shapes.identifier,
        "identities": shapes.array(IDENTITY),
        "earlier": shapes.array(earlier_identity, most=100, rule="R-10.8"),
        "waiting": shapes.either_null(IDENTITY),
    }
)


def read_record(
    text: str,
    signature: bytes | None,
    public: bytes,
    files: Mapping[str, bytes] | None = None,
    label: str = "recovery",
) -> Any:
    """Read the record; with `files` by hash, check those of the identities in force too."""
    document = check_record(text)
    check_signature(label, text, signature, public, "R-11.3")
    same = document["server_key"] == name_public("Ed25519", public)
    refuse_unless(same, "not signed", "R-11.3", "another server key's record")
    if files is not None:
        check_files(document, files)
    return document


def check_record(text: str) -> Any:
    """Check a record against its tables (R-11.1, R-11.2)."""
    data = text.encode("utf-8")
    if len(data) <= MOST_BYTES:
        refuse_unless(not find_newer(read_document(data), "version", 1), "newer", "R-11.2", "version")
    document = read_signed(text, MOST_BYTES, RECORD, "R-11.1")
    kinds = [identity["kind"] for identity in document["identities"]]
    in_order = kinds in ([], ["person"], ["custodians"], ["person", "custodians"])
    refuse_unless(in_order, "damaged", "R-11.1", "a kind twice, or custodians first")
    waiting = document["waiting"]
    refuse_unless(
        not waiting or waiting["kind"] == "custodians", "damaged", "R-11.1", "a person's identity waits"
    )
    for identity in [*document["identities"], *([waiting] if waiting else [])]:
        check_shares(identity, "R-11.1")
    return document


def check_files(document: dict[str, Any], files: Mapping[str, bytes]) -> None:
    """Check the files of the identities in force (R-11.4)."""
    for identity in document["identities"]:
        data = files.get(identity["sha256"])
        fits = data is not None and hashlib.sha256(data).hexdigest() == identity["sha256"]
        refuse_unless(fits, "damaged", "R-11.4", f"the file of the {identity['kind']}")

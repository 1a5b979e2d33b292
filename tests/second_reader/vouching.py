"""Whether the checkpoint vouches for the rows of a copy or a CMDB (section 13, the end; section 12)."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.second_reader.audit import check_trail
from tests.second_reader.checkpoint import name_rows, read_checkpoint
from tests.second_reader.cmdb import Cmdb, check_inventory, read_decimal
from tests.second_reader.database_copy import OpenedCopy
from tests.second_reader.refusal import Refused
from tests.second_reader.shapes import decode_base64url

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def find_mismatches(cmdb_id: str, rows: Rows, checkpoint: Mapping[str, Any]) -> list[str]:
    """Give the names of what a checkpoint names otherwise than these rows say."""
    named = name_rows(rows)
    found = [name for name, value in named.items() if checkpoint[name] != value]
    if checkpoint["cmdb_id"] != cmdb_id:
        found.append("cmdb_id")
    try:
        count, head = check_trail(cmdb_id, [(row["line"], row["digest"]) for row in rows["audit"]])
    except Refused:
        return [*found, "audit"]
    if checkpoint["audit"] != {"count": count, "head": head.hex()}:
        found.append("audit")
    return found


def find_copy_doubts(copy: OpenedCopy) -> list[str]:
    """Give what keeps a restore from believing a copy; nothing where its checkpoint vouches for all."""
    facts, content = copy.facts, copy.content
    if content.checkpoint is None:
        return ["checkpoint"]
    public = decode_base64url(facts["server_public"])
    try:
        checkpoint = read_checkpoint(
            content.checkpoint["document"], decode_base64url(content.checkpoint["sig"]), public
        )
    except Refused as refused:
        return [refused.rule]
    doubts = find_mismatches(facts["cmdb_id"], content.rows, checkpoint)
    meta = {row["name"]: row["value"] for row in content.rows["meta"]}
    if not checkpoint["number"] == facts["number"] == read_decimal(meta, "number"):
        doubts.append("number")
    doubts += check_inventory(Cmdb(facts["cmdb_id"], facts["number"], content.rows, []))
    if facts["left_out"]["count"]:
        doubts.append("left_out")
    if facts["unexplained"]:
        doubts.append("unexplained")
    return doubts


def find_cmdb_doubts(cmdb: Cmdb, public: bytes) -> list[str]:
    """Give what a CMDB's own checkpoint does not vouch for."""
    [row] = cmdb.rows["checkpoint"]
    checkpoint = read_checkpoint(row["body"], row["signature"], public)
    doubts = find_mismatches(cmdb.id, cmdb.rows, checkpoint)
    return doubts + check_inventory(cmdb)

"""The instructions in an archive, which follow from its facts (sections 6 and 13)."""

from typing import Any

from tests.second_reader.specification import read_reader_sha256, read_template
from tests.second_reader.template import Blocks, Filler, Holes

READER_SHA256 = read_reader_sha256()


def write_key_backup_text(facts: dict[str, Any]) -> bytes:
    """Write the RESTORE.txt of a key backup."""
    holes = {
        "server": facts["server"],
        "cmdb_id": facts["cmdb_id"],
        "generation": str(facts["generation"]),
        "hint": facts["hint"],
        "source": facts["source"],
        "created": spell_for_people(facts["created"]),
        "credentials": str(sum(facts["kinds"].values())),
        "server_key_begins": facts["server_key"][:32],
        "server_key_ends": facts["server_key"][32:],
        "reader_sha256": READER_SHA256,
    }
    under_password = facts["protection"] == "password"
    taken = {identity["recipient"] for identity in facts["identities"]}
    others = any(recipient not in taken for recipient in facts["recipients"])
    blocks: Blocks = {
        "password": once(under_password),
        "person": identity_block(facts, "person"),
        "custodians": identity_block(facts, "custodians"),
        "others": once(others),
        "only_others": once(others and not facts["identities"]),
        "source": once(facts["source"] != ""),
        "hint": once(facts["hint"] != ""),
        "no_hint": once(facts["hint"] == "" and under_password),
        "recipients": [{"recipient": recipient} for recipient in facts["recipients"]],
        "keys": [key_block(key) for key in facts["keys"]],
    }
    return Filler(holes, blocks).fill(read_template("key-backup-1.txt")).encode()


def write_copy_text(facts: dict[str, Any], part: int) -> bytes:
    """Write the RESTORE.txt of a part of a database copy."""
    holes = {
        "server": facts["server"],
        "cmdb_id": facts["cmdb_id"],
        "created": spell_for_people(facts["created"]),
        "credentials": str(sum(facts["kinds"].values())),
        "server_key_begins": facts["server_key"][:32],
        "server_key_ends": facts["server_key"][32:],
        "database": facts["database"],
        "number": str(facts["number"]),
        "part": str(part),
        "parts": str(len(facts["parts"])),
        "copy_key_begins": facts["copy_key"]["kid"][:32],
        "copy_key_ends": facts["copy_key"]["kid"][32:],
        "recipient": facts["copy_key"]["recipient"],
    }
    left_out = facts["left_out"]["count"]
    blocks: Blocks = {"left_out": [{"count": str(left_out)}] if left_out else []}
    return Filler(holes, blocks).fill(read_template("database-copy-1.txt")).encode()


def once(wanted: bool) -> list[Holes]:
    """Let a block stand once, or not at all."""
    return [{}] if wanted else []


def identity_block(facts: dict[str, Any], kind: str) -> list[Holes]:
    """Fill the block of the identity of this kind, if there is one."""
    return [
        {
            "number": str(identity["number"]),
            "shares": str(identity["shares"]),
            "threshold": str(identity["threshold"]),
            "words": identity["set"] or "(see the sheets)",
        }
        for identity in facts["identities"]
        if identity["kind"] == kind
    ]


def key_block(key: dict[str, Any]) -> Holes:
    """Fill the block of one key."""
    credentials = key["credentials"]
    return {
        "kid": key["kid"],
        "created": spell_for_people(key["created"]),
        "state": key["state"],
        "state_since": spell_for_people(key["state_since"]),
        "count": "1 credential" if credentials == 1 else f"{credentials} credentials",
    }


def spell_for_people(time: str) -> str:
    """Spell a time with a blank for T and UTC for Z."""
    return time.replace("T", " ").replace("Z", " UTC")

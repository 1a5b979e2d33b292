"""A database copy and its parts (section 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.second_reader import archive
from tests.second_reader.age_file import open_parsed
from tests.second_reader.age_header import Header, parse_header
from tests.second_reader.age_stanzas import X25519Identity
from tests.second_reader.bech32 import read_recipient
from tests.second_reader.canonical import read_document
from tests.second_reader.copy_content import Content, check_rows, read_lines, unpack
from tests.second_reader.copy_facts import check_copy_signature, read_copy_manifest
from tests.second_reader.facts import read_format
from tests.second_reader.names import name_public, public_of_x25519
from tests.second_reader.refusal import Refused, refuse_unless
from tests.second_reader.restore_text import write_copy_text
from tests.second_reader.sealed import Row, open_secret

MOST_BYTES = 32 * 2**20
ALLOWED = [[b"RESTORE.txt", b"manifest.json", b"cmdb.age"]]


@dataclass(frozen=True)
class CheckedPart:
    """A part that was checked as far as that goes without the copy key."""

    manifest: dict[str, Any]
    header: Header

    @property
    def number(self) -> int:
        """Give the number of the part."""
        part: int = self.manifest["part"]
        return part


@dataclass(frozen=True)
class OpenedCopy:
    """The facts and rows of a database copy, and the secrets that opened."""

    facts: dict[str, Any]
    content: Content
    secrets: dict[tuple[str, str], bytes]


def read_database_copy(
    parts: Sequence[str | Path], copy_keys: Mapping[str, bytes], keys: Mapping[str, bytes] | None = None
) -> OpenedCopy:
    """Read all parts of a database copy with a key backup's copy keys; with `keys`, the secrets too."""
    checked = [check_part(Path(part).read_bytes()) for part in parts]
    kid = checked[0].manifest["facts"]["copy_key"]["kid"] if checked else ""
    if checked and kid not in copy_keys:
        raise Refused("other identity", "R-13.13", f"no copy key {kid}")
    return open_copy(checked, copy_keys.get(kid, b""), keys or {})


def check_part(data: bytes) -> CheckedPart:
    """Check one part without the copy key (R-13.1 to R-13.10)."""
    archive.check_begin(data, MOST_BYTES, "R-10.10", "R-13.1")
    members = archive.take_members(data)
    names = [member.name for member in members]
    refuse_unless(b"keys.kms" not in names, "no backup", "R-13.1", "a key backup")
    archive.check_whole(members, "R-13.2")
    refuse_newer(members)
    by_name = archive.check_layout(data, members, ALLOWED, "R-13.4")
    manifest = read_copy_manifest(by_name["manifest.json"])
    facts, part = manifest["facts"], manifest["part"]
    sealed = by_name["cmdb.age"]
    stated = {name: facts["parts"][part - 1][name] for name in ("sha256", "size")}
    refuse_unless(archive.sum_of(sealed) == stated, "damaged", "R-13.6", "another cmdb.age")
    refuse_unless(
        by_name["RESTORE.txt"] == write_copy_text(facts, part), "forged", "R-13.7", "other instructions"
    )
    sums = {name: archive.sum_of(by_name[name]) for name in ("RESTORE.txt", "cmdb.age")}
    refuse_unless(manifest["members"] == sums, "forged", "R-13.8", "other sums in the manifest")
    header = check_copy_key(facts, sealed)
    check_copy_signature(manifest)
    return CheckedPart(manifest, header)


def refuse_newer(members: list[archive.Member]) -> None:
    """Refuse a newer format, if there is a manifest.json that can be read (R-13.3)."""
    for member in members:
        if member.name != b"manifest.json":
            continue
        try:
            found = read_document(member.data)
        except Refused:
            continue
        facts = found.get("facts") if isinstance(found, dict) else None
        version = read_format(facts.get("format"), "cmdb") if isinstance(facts, dict) else None
        refuse_unless(version is None or version == 1, "newer", "R-13.3", f"format {version}")


def check_copy_key(facts: dict[str, Any], sealed: bytes) -> Header:
    """Check whom a part is encrypted to (R-13.10, R-13.14)."""
    public = read_recipient(facts["copy_key"]["recipient"])
    same = public is not None and name_public("X25519", public) == facts["copy_key"]["kid"]
    refuse_unless(same, "forged", "R-13.10", "kid is not that of the recipient")
    try:
        header = parse_header(sealed)
    except Refused as refused:
        if refused.rule in ("R-4.3", "R-4.4"):  # those of a scrypt stanza
            raise Refused("forged", "R-13.10", refused.seen) from refused
        raise Refused("damaged", "R-13.14", refused.seen) from refused
    kinds = [stanza.kind for stanza in header.stanzas]
    refuse_unless(kinds == ["X25519"], "forged", "R-13.10", f"stanzas {kinds}")
    return header


def open_copy(parts: Sequence[CheckedPart], copy_key: bytes, keys: Mapping[str, bytes]) -> OpenedCopy:
    """Put checked parts together and open them (R-13.11 to R-13.21)."""
    refuse_unless(bool(parts), "incomplete", "R-13.12", "no part")
    facts, sig = parts[0].manifest["facts"], parts[0].manifest["sig"]
    for part in parts:
        same = part.manifest["facts"] == facts and part.manifest["sig"] == sig
        refuse_unless(same, "mixed", "R-13.11", "parts of different copies")
    by_number = {part.number: part for part in parts}
    missing = set(range(1, len(facts["parts"]) + 1)) - set(by_number)
    refuse_unless(not missing, "incomplete", "R-13.12", f"parts {sorted(missing)} are missing")
    same = name_public("X25519", public_of_x25519(copy_key)) == facts["copy_key"]["kid"]
    refuse_unless(same, "other identity", "R-13.13", "the identity is not the copy key's")
    content = Content()
    for number in sorted(by_number):
        plain = open_part(by_number[number].header, copy_key)
        lines = unpack(plain, facts["parts"][number - 1]["unpacked"])
        read_lines(lines, facts, number, content)
    check_rows(facts, content)
    return OpenedCopy(facts, content, open_credentials(facts["cmdb_id"], content, keys))


def open_part(header: Header, copy_key: bytes) -> bytes:
    """Decrypt one part; what is wrong with its age file has the rule of this section."""
    try:
        return open_parsed(header, X25519Identity(copy_key))
    except Refused as refused:
        if refused.outcome != "damaged":
            raise
        raise Refused("damaged", "R-13.14", refused.seen) from refused


def credential_rows(content: Content) -> list[Row]:
    """Give the credentials of a copy, each with the kid of its key."""
    kid_of = {row["key_no"]: row["kid"] for row in content.rows["keys"]}
    rows = []
    for values in content.rows["credentials"]:
        rest = {name: value for name, value in values.items() if name != "key_no"}
        rows.append(Row(kid=kid_of[values["key_no"]], **rest))
    return rows


def open_credentials(
    cmdb_id: str, content: Content, keys: Mapping[str, bytes]
) -> dict[tuple[str, str], bytes]:
    """Open the secrets of all credentials whose key is at hand, by kind and name (R-3.4)."""
    return {
        (row.kind, row.name): open_secret(row, cmdb_id, keys[row.kid])
        for row in credential_rows(content)
        if row.kid in keys
    }

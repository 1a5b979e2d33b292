"""A key backup: an archive, or a bare `.kms` (section 6, "Checking an archive"; R-4.13, R-10.1)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.second_reader import archive, shapes
from tests.second_reader.age_file import open_parsed
from tests.second_reader.age_header import FIRST_LINE, Header, parse_header
from tests.second_reader.age_stanzas import Opener, Password, X25519Identity, load_ssh_opener
from tests.second_reader.bech32 import read_identity, read_recipient, spell_recipient
from tests.second_reader.canonical import read_document, spell
from tests.second_reader.facts import MEMBER_OF, check_facts, member_sum, read_format
from tests.second_reader.identity_file import check_identity_member, open_identity_file
from tests.second_reader.jwk_set import OpenedBackup, read_jwk_set
from tests.second_reader.names import public_of_x25519, signature_holds
from tests.second_reader.refusal import Refused, refuse_unless
from tests.second_reader.restore_text import READER_SHA256, write_key_backup_text
from tests.second_reader.shapes import decode_base64url
from tests.second_reader.shares import combine
from tests.second_reader.ssh_keys import name_wire, read_ssh_recipient

MOST_BYTES = 16 * 2**20
MOST_MANIFEST = 4 * 2**20
FRONT = [b"RESTORE.txt", b"open_kms.py", b"manifest.json"]
PERSON, CUSTODIANS = b"identity.age", b"identity-custodians.age"
ALLOWED = [
    [*FRONT, *identities, b"keys.kms"] for identities in ([], [PERSON], [CUSTODIANS], [PERSON, CUSTODIANS])
]
MEMBERS = shapes.record(
    dict.fromkeys(("RESTORE.txt", "open_kms.py", "keys.kms"), member_sum),
    dict.fromkeys(MEMBER_OF.values(), member_sum),
)


@dataclass(frozen=True)
class CheckedBackup:
    """A key backup that was checked as far as that goes without a secret."""

    kms: Header
    members: dict[str, bytes]
    manifest: dict[str, Any] | None

    def open(self, opener: Opener) -> OpenedBackup:
        """Open it, and check what is inside (R-4.10 to R-4.14, R-6.15)."""
        opened = read_jwk_set(open_parsed(self.kms, opener))
        if self.manifest is None:
            same = (opened.facts["protection"] == "password") == self.kms.under_password
            refuse_unless(same, "damaged", "R-4.13", "protection is not what the header shows")
        else:
            same = opened.facts == self.manifest["facts"] and opened.sig == self.manifest["sig"]
            refuse_unless(same, "forged", "R-6.15", "other facts or another sig inside")
        return opened

    def read_member_identity(self, member: str, password: str) -> X25519Identity:
        """Open an identity file of the archive, whose identity must be the facts' (R-6.14)."""
        refuse_unless(member in self.members, "other identity", "R-4.7", f"no {member} in it")
        try:
            identity = open_identity_file(self.members[member], password)
        except Refused as refused:
            if refused.outcome == "damaged":
                raise Refused("forged", "R-6.14", refused.seen) from refused
            raise
        private = read_identity(identity) or b""
        facts = (self.manifest or {})["facts"]
        named = [found["recipient"] for found in facts["identities"] if found["member"] == member]
        same = named == [spell_recipient(public_of_x25519(private))]
        refuse_unless(same, "forged", "R-6.14", "the identity does not belong to its recipient")
        return X25519Identity(private)


def read_key_backup(
    path: str | Path,
    *,
    password: str | None = None,
    identity: str | None = None,
    shares: Sequence[str] | None = None,
    ssh_key: bytes | None = None,
) -> OpenedBackup:
    """Read a key backup from a file and open it with the one secret that is given.

    A password or shares open an archive for recipients through the identity file that it carries.
    """
    checked = check_key_backup(Path(path).read_bytes())
    opener: Opener
    if shares is not None:
        opener = checked.read_member_identity("identity-custodians.age", combine(shares))
    elif identity is not None:
        opener = X25519Identity(read_identity_line(identity))
    elif ssh_key is not None:
        opener = load_ssh_opener(ssh_key)
    elif password is None:
        raise ValueError("give a password, an identity, shares or an ssh key")
    else:
        opener = find_password_opener(checked, password)
    return checked.open(opener)


def find_password_opener(checked: CheckedBackup, password: str) -> Opener:
    """Find what a password opens: an identity file that the archive carries, else the backup itself."""
    carried = [member for member in MEMBER_OF.values() if member in checked.members]
    for place, member in enumerate(carried, start=1):
        try:
            return checked.read_member_identity(member, password)
        except Refused as refused:
            if refused.outcome != "wrong password" or place == len(carried):
                raise
    return Password(password)


def read_identity_line(identity: str) -> bytes:
    """Give the private half of a line `AGE-SECRET-KEY-1...`."""
    private = read_identity(identity)
    if private is None:
        raise Refused("damaged", "R-11.5", "no identity of age")
    return private


def check_key_backup(data: bytes) -> CheckedBackup:
    """Check a key backup without any secret."""
    if not data.startswith(archive.LOCAL_SIGNATURE):
        return check_bare(data)
    archive.check_begin(data, MOST_BYTES, "R-10.1", "R-6.1")
    members = archive.take_members(data)
    archive.check_whole(members, "R-6.2")
    names = [member.name for member in members]
    refuse_unless(b"cmdb.age" not in names, "no backup", "R-6.3", "a part of a database copy")
    refuse_newer(members)
    by_name = archive.check_layout(data, members, ALLOWED, "R-6.5")
    manifest: dict[str, Any] = read_manifest(by_name["manifest.json"])
    kms = by_name["keys.kms"]
    refuse_unless(
        archive.sum_of(kms) == manifest["members"]["keys.kms"], "damaged", "R-6.6", "another keys.kms"
    )
    header = check_companions(by_name, manifest)
    check_signatures(manifest)
    return CheckedBackup(header, by_name, manifest)


def check_bare(data: bytes) -> CheckedBackup:
    """Check a bare `.kms`, which has no companions."""
    refuse_unless(len(data) <= MOST_BYTES, "no backup", "R-10.1", "more than 16 MiB")
    rule = "R-4.1" if data.startswith(FIRST_LINE[:19]) else "R-6.1"
    refuse_unless(data.startswith(FIRST_LINE), "no backup", rule, "neither an archive nor an age file")
    return CheckedBackup(parse_header(data), {}, None)


def refuse_newer(members: list[archive.Member]) -> None:
    """Refuse a newer format, if there is a manifest.json that can be read (R-6.4)."""
    for member in members:
        if member.name != b"manifest.json" or len(member.data) > MOST_MANIFEST:
            continue
        try:
            found = read_document(member.data)
        except Refused:
            continue
        facts = found.get("facts") if isinstance(found, dict) else None
        version = read_format(facts.get("format"), "backup") if isinstance(facts, dict) else None
        refuse_unless(version is None or version == 1, "newer", "R-6.4", f"format {version}")


def read_manifest(data: bytes) -> dict[str, Any]:
    """Read manifest.json."""
    refuse_unless(len(data) <= MOST_MANIFEST, "damaged", "R-10.2", "a manifest of more than 4 MiB")
    manifest: dict[str, Any] = read_document(data)
    whole = shapes.record(
        {
            "facts": lambda value, path: check_facts(value),
            "manifest_sig": shapes.octets(64),
            "members": MEMBERS,
            "sig": shapes.octets(64),
        }
    )
    whole(manifest, "manifest")
    return manifest


def check_companions(by_name: dict[str, bytes], manifest: dict[str, Any]) -> Header:
    """Check what lies beside the keys (R-6.7 to R-6.12), and give the header of `keys.kms`."""
    facts = manifest["facts"]
    reader = hashlib.sha256(by_name["open_kms.py"]).hexdigest()
    refuse_unless(reader == READER_SHA256, "forged", "R-6.7", "another open_kms.py")
    refuse_unless(
        by_name["RESTORE.txt"] == write_key_backup_text(facts), "forged", "R-6.8", "other instructions"
    )
    sums = {name: archive.sum_of(content) for name, content in by_name.items() if name != "manifest.json"}
    refuse_unless(manifest["members"] == sums, "forged", "R-6.9", "other sums in the manifest")
    del sums["keys.kms"]
    refuse_unless(facts["members"] == sums, "forged", "R-6.9", "other sums in the facts")
    header = parse_header(by_name["keys.kms"])
    same = (facts["protection"] == "password") == header.under_password
    refuse_unless(same, "forged", "R-6.10", "protection is not what the header shows")
    if not header.under_password:
        check_recipients(facts["recipients"], header)
    for identity in facts["identities"]:
        check_identity_member(by_name[identity["member"]])
    return header


def check_recipients(recipients: list[str], header: Header) -> None:
    """Check that the header has one stanza for each recipient, and the writer's own (R-6.11)."""
    expected = [*(describe(recipient) for recipient in recipients), ("X25519", None)]
    refuse_unless(len(header.stanzas) == len(expected), "forged", "R-6.11", "another number of stanzas")
    for stanza, (kind, tag) in zip(header.stanzas, expected, strict=True):
        refuse_unless(stanza.kind == kind, "forged", "R-6.11", f"a stanza {stanza.kind} for {kind}")
        same = tag is None or stanza.arguments[:1] == (tag,)
        refuse_unless(same, "forged", "R-6.11", "another tag")


def describe(recipient: str) -> tuple[str, str | None]:
    """Give the type of a recipient's stanza, and the tag of an ssh key."""
    if recipient.startswith("age1"):
        refuse_unless(read_recipient(recipient) is not None, "forged", "R-6.11", "no recipient")
        return "X25519", None
    found = read_ssh_recipient(recipient)
    if found is None:
        raise Refused("forged", "R-6.11", "no key of ssh")
    kind, wire = found
    tag = shapes.encode_base64url(name_wire(wire)).replace("-", "+").replace("_", "/")
    return kind, tag


def check_signatures(manifest: dict[str, Any]) -> None:
    """Check both signatures of a manifest (R-6.13)."""
    public = decode_base64url(manifest["facts"]["server_public"])
    unsigned = {name: value for name, value in manifest.items() if name != "manifest_sig"}
    facts_hold = signature_holds(
        "facts", spell(manifest["facts"]), decode_base64url(manifest["sig"]), public
    )
    refuse_unless(facts_hold, "not signed", "R-6.13", "sig")
    manifest_sig = decode_base64url(manifest["manifest_sig"])
    whole_holds = signature_holds("manifest", spell(unsigned), manifest_sig, public)
    refuse_unless(whole_holds, "not signed", "R-6.13", "manifest_sig")

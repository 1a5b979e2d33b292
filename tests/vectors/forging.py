"""Lays archives out by core/FORMAT.md, with something wrong in one place and everything else as it must be.

Where a thing is changed, whatever depends on it follows: hashes, signatures, RESTORE.txt. So each vector
breaks one rule and no other.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from nskeys.archive.age.recipients import (
    Recipient,
    RecipientsRandomness,
    encrypt_to_with,
    parse_recipient,
)
from nskeys.archive.age.scrypt import FileRandomness, encrypt_with
from nskeys.archive.canonical_zip import build, split
from nskeys.archive.reader import READER_SHA256, reader_bytes
from nskeys.archive.templates import DATABASE_COPY, KEY_BACKUP, Holes, fill, halves, readable
from nskeys.crypto.signing import sign
from nskeys.errors import RecipientRefused
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, to_base64url
from tests.vectors.entries import Doc
from tests.vectors.positives import ONCE, PASSWORD, SERVER_SEED

FILE_KEY = bytes(range(0xA0, 0xB0))
QUICK = 1
"""Work factor of the refused ones: reading them costs nothing."""
Pieces = list[tuple[str, bytes]]


@dataclass
class Story:
    """An archive in its pieces, as JSON and bytes."""

    facts: Doc
    keys: list[Doc]
    identities: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, archive: bytes, payload: bytes) -> "Story":
        """The pieces of an archive whose `.kms` holds this."""
        members, held = dict(split(archive)), json.loads(payload)
        files = {name: members[name] for name in members if name.startswith("identity")}
        facts = held["facts"]
        del facts["members"]
        return cls(facts, held["keys"], files)


def _same(_: Any) -> None: ...


def _as_is(data: bytes) -> bytes:
    return data


Edit = Callable[[Any], object]
Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Wrong:
    """What is done to each piece, in the order in which they are made."""

    facts: Edit = _same
    identities: Edit = _same
    restore: Change = _as_is
    reader: Change = _as_is
    fact_members: Edit = _same
    signature: Change = _as_is
    payload: Edit = _same
    plain: Change = _as_is
    kms: Change = _as_is
    manifest: Edit = _same
    manifest_signature: Change = _as_is
    spelled: Change = _as_is
    members: Edit = _same
    laid_out: Change = _as_is
    under_password: bool | None = None
    """What it is encrypted to; as the facts say where this is None."""


def archive(story: Story, wrong: Wrong) -> bytes:
    """Return the archive; its `.kms` is `kms_of`'s."""
    facts, companions = _told(story, wrong)
    kms = kms_of(story, wrong)
    members = {**companions, "keys.kms": kms}
    signature = wrong.signature(sign(SERVER_SEED, "facts", canonical_json(facts)))
    manifest: Doc = {
        "facts": facts,
        "sig": to_base64url(signature),
        "members": {name: fact(data) for name, data in members.items()},
    }
    wrong.manifest(manifest)
    second = wrong.manifest_signature(sign(SERVER_SEED, "manifest", canonical_json(manifest)))
    spelled = wrong.spelled(canonical_json({**manifest, "manifest_sig": to_base64url(second)}))
    first = ("RESTORE.txt", "open_kms.py")
    laid: Pieces = [(name, members[name]) for name in first]
    laid.append(("manifest.json", spelled))
    laid += [(name, data) for name, data in members.items() if name not in first]
    wrong.members(laid)
    return wrong.laid_out(build(laid))


def kms_of(story: Story, wrong: Wrong) -> bytes:
    """Return the `.kms` alone."""
    facts, _ = _told(story, wrong)
    signature = wrong.signature(sign(SERVER_SEED, "facts", canonical_json(facts)))
    payload: Doc = {
        "facts": deepcopy(facts),
        "keys": deepcopy(story.keys),
        "sig": to_base64url(signature),
    }
    wrong.payload(payload)
    plain = wrong.plain(canonical_json(payload))
    under_password = wrong.under_password
    if under_password is None:
        under_password = facts.get("protection") == "password"
    return wrong.kms(_encrypted(facts, plain, under_password=under_password))


def _told(story: Story, wrong: Wrong) -> tuple[Doc, dict[str, bytes]]:
    facts, files = deepcopy(story.facts), dict(story.identities)
    wrong.facts(facts)
    wrong.identities(files)
    restore, reader = wrong.restore(restore_text(facts)), wrong.reader(reader_bytes())
    companions = {"RESTORE.txt": restore, "open_kms.py": reader, **files}
    facts["members"] = {name: fact(data) for name, data in companions.items()}
    wrong.fact_members(facts["members"])
    return facts, companions


def _encrypted(facts: Doc, plain: bytes, *, under_password: bool) -> bytes:
    if under_password:
        randomness = FileRandomness(FILE_KEY, bytes(range(0x10, 0x20)), bytes(16))
        return encrypt_with(randomness, plain, SecretBytes.from_text(PASSWORD), QUICK)
    recipients: list[Recipient] = []
    for text in facts["recipients"][:100]:
        with suppress(RecipientRefused):  # one that is wrong is listed and gets no stanza
            recipients.append(parse_recipient(text))
    recipients = [one for one in recipients if one.kind != "ssh-rsa"]  # which has randomness of its own
    recipients.append(parse_recipient(ONCE))
    shares = (hashlib.sha256(b"share %d" % at).digest() for at in range(len(recipients)))
    return encrypt_to_with(
        RecipientsRandomness(FILE_KEY, bytes(16), tuple(map(SecretBytes, shares))),
        recipients,
        plain,
    )


def fact(data: bytes) -> Doc:
    """A member's hash and size."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


# --- RESTORE.txt, from the facts as JSON ----------------------------------------------------------


def restore_text(facts: Doc) -> bytes:
    """Return what the template gives for these facts, whatever they are."""
    begins, ends = halves(str(facts["server_key"]))
    holes = {
        "server": str(facts["server"]),
        "cmdb_id": str(facts["cmdb_id"]),
        "created": readable(str(facts["created"])),
        "generation": str(facts["generation"]),
        "credentials": str(sum(facts["kinds"].values())),
        "server_key_begins": begins,
        "server_key_ends": ends,
        "reader_sha256": READER_SHA256,
        "hint": str(facts["hint"]),
        "source": str(facts["source"]),
    }
    once: list[Holes] = [{}]
    password = facts.get("protection") == "password"
    ours = {one["recipient"] for one in facts["identities"]}
    others = any(recipient not in ours for recipient in facts["recipients"])
    blocks: dict[str, list[Holes]] = {
        "password": once if password else [],
        "person": [_identity(one) for one in facts["identities"] if one["kind"] == "person"],
        "custodians": [_identity(one) for one in facts["identities"] if one["kind"] == "custodians"],
        "others": once if others else [],
        "only_others": once if others and not ours else [],
        "source": once if facts["source"] else [],
        "hint": once if facts["hint"] else [],
        "no_hint": once if password and not facts["hint"] else [],
        "recipients": [{"recipient": recipient} for recipient in facts["recipients"]],
        "keys": [_key(key) for key in facts["keys"]],
    }
    return fill(KEY_BACKUP, holes, blocks)


def _identity(one: Doc) -> Holes:
    named = {name: str(one[name]) for name in ("number", "shares", "threshold")}
    return {**named, "words": one["set"] or "(see the sheets)"}


def _key(key: Doc) -> Holes:
    count = key["credentials"]
    return {
        "kid": str(key["kid"]),
        "created": readable(str(key["created"])),
        "count": "1 credential" if count == 1 else f"{count} credentials",
        "state": str(key["state"]),
        "state_since": readable(str(key["state_since"])),
    }


def copy_restore_text(facts: Doc, part: int) -> bytes:
    """Return what the template of a database copy gives for these facts."""
    server_key, copy_key = halves(facts["server_key"]), halves(facts["copy_key"]["kid"])
    holes = {
        **{name: str(facts[name]) for name in ("server", "cmdb_id", "database", "number")},
        "created": readable(facts["created"]),
        "part": str(part),
        "parts": str(len(facts["parts"])),
        "credentials": str(sum(facts["kinds"].values())),
        "copy_key_begins": copy_key[0],
        "copy_key_ends": copy_key[1],
        "recipient": facts["copy_key"]["recipient"],
        "server_key_begins": server_key[0],
        "server_key_ends": server_key[1],
    }
    count = facts["left_out"]["count"]
    return fill(DATABASE_COPY, holes, {"left_out": [{"count": str(count)}] if count else []})

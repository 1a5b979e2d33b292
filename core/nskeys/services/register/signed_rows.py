"""Register rows: which of them the server key signed, and how they are written.

Whoever can write to the database can write rows into the register, so a row counts only where the server
key signed its exact text. A row that cannot be parsed is left out, so that it does not stop the others from
being used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from nskeys.crypto.signing import sign, verify
from nskeys.model.database_register import CopyIdentity, DatabaseCopy, newest_first
from nskeys.model.database_register_json import (
    from_text as database_from_text,
    is_database_row,
    to_text as database_text,
)
from nskeys.model.declared_backups import DeclaredBackup, newest_first as newest_declared_first
from nskeys.model.declared_backups_json import (
    from_text as declared_from_text,
    is_declared_row,
    to_text as declared_text,
)
from nskeys.model.register import NOWHERE, BackupCopy, BackupIdentity, CopyStatus, Proof, Protection
from nskeys.model.register_json import from_text, to_text
from nskeys.model.secret import SecretBytes
from nskeys.ports import CmdbChange, CmdbView, RegisterRow

if TYPE_CHECKING:
    from nskeys.model.backup import BackupFacts, Inspected
    from nskeys.model.database_copy import CopyFacts


class SignedRegister(NamedTuple):
    """The register as one look at the CMDB shows it."""

    copies: tuple[BackupCopy, ...]
    """Newest generation first, those that the server key vouches for before all others."""
    databases: tuple[DatabaseCopy, ...]
    """Database copies, newest first."""
    unreadable: int
    """Rows that cannot be understood: not written by nskeys, or changed."""
    fingerprint: str
    """The number of rows and a digest of every text that was read."""
    declared: tuple[DeclaredBackup, ...] = ()
    """Somebody else's database backups, withdrawn ones too, newest first."""
    unread: int = 0
    """Rows beyond REGISTER_LIMIT; where there are any, unsigned ones below it were not looked at either."""


def read_register(view: CmdbView, public: bytes | None) -> SignedRegister:
    """Return every row; `signed` says whether the owner of `public` signed it (None: no row counts as
    signed). Of a register that somebody filled only signed rows are parsed: no answer waits for others."""
    rows, count = view.register_rows(), view.register_count()
    filled = public is not None and count > len(rows)
    copies: dict[tuple[str, str], BackupCopy] = {}
    databases: list[DatabaseCopy] = []
    declared: list[DeclaredBackup] = []
    unreadable = 0
    for row in rows:
        signed = _is_signed(public, row)
        if filled and not signed:
            continue
        try:
            if is_database_row(row.text):
                databases.append(replace(database_from_text(row.text), signed=signed))
                continue
            if is_declared_row(row.text):
                declared.append(replace(declared_from_text(row.text), signed=signed))
                continue
            copy = replace(from_text(row.text), signed=signed)
        except ValueError:
            unreadable += 1
            continue
        # A repeated row is one copy: the signed one counts, then the one looked at last.
        known = copies.get(copy_key(copy))
        if known is None or (known.signed, known.look_moment) < (copy.signed, copy.look_moment):
            copies[copy_key(copy)] = copy
    told = _without_repeats(copies.values())
    return SignedRegister(
        tuple(sorted(told, key=newest_first_key, reverse=True)),
        newest_first(databases),
        unreadable,
        f"{count} {_digest(rows)}",
        newest_declared_first(declared),
        count - len(rows),
    )


def _without_repeats(copies: Iterable[BackupCopy]) -> list[BackupCopy]:
    """Return the copies without repeats, each with whether a person once opened a backup to exactly its
    recipients. Only a drill or a restore reaches `keys_match`, and both ask a person for what opens the
    backup."""
    copies = list(copies)
    proven = {
        frozenset(copy.backup.recipients)
        for copy in copies
        if copy.proof.rank >= Proof.KEYS_MATCH.rank  # which no unsigned row reaches
    }
    return [
        copy
        if copy.backup.protection is Protection.PASSWORD
        else replace(copy, by_a_person=frozenset(copy.backup.recipients) in proven)
        for copy in copies
    ]


def verified_copies(view: CmdbView, public: bytes | None) -> tuple[BackupCopy, ...]:
    """Return the copies of `read_register`."""
    return read_register(view, public).copies


def newest_first_key(copy: BackupCopy) -> tuple[bool, int, str, str]:
    """Return the sort key of backups: signed ones first, then generation, hash and address; never a file
    name."""
    return (copy.signed, copy.backup.generation, *copy_key(copy))


def copy_key(copy: BackupCopy) -> tuple[str, str]:
    """Return what tells one copy from another: its `.kms` and its address."""
    return (copy.backup.kms_sha256, copy.address)


def reread(view: CmdbView, public: bytes | None, wanted: BackupCopy) -> BackupCopy | None:
    """Return the row of this copy as it is now, if the server key signed it."""
    for copy in verified_copies(view, public):
        if copy.signed and copy_key(copy) == copy_key(wanted):
            return copy
    return None


def registered_copy(
    view: CmdbView, public: bytes | None, inspected: Inspected, address: str
) -> BackupCopy | None:
    """Return the row of this file at this address, if the server key signed it."""
    for copy in verified_copies(view, public):
        if copy.signed and copy.address == address and copy.backup.archive_sha256 == inspected.file_sha256:
            return copy
    return None


def strip_claims(copy: BackupCopy) -> BackupCopy:
    """Return an unsigned row without its address and status."""
    return replace(copy, where=NOWHERE, status=CopyStatus.NOT_LOOKED, proofs=(), good_moment=None)


def record(change: CmdbChange, copy: BackupCopy, server_key: SecretBytes) -> None:
    """Write the row, signed by the server key."""
    text = to_text(copy)
    signature = sign(server_key, "register", text.encode("utf-8"))
    change.record(copy, RegisterRow(text, signature))


def record_database(change: CmdbChange, copy: DatabaseCopy, server_key: SecretBytes) -> None:
    """Write the row of a database copy, signed by the server key."""
    text = database_text(copy)
    change.record_database(copy, RegisterRow(text, sign(server_key, "register", text.encode("utf-8"))))


def record_declared(change: CmdbChange, backup: DeclaredBackup, server_key: SecretBytes) -> None:
    """Write the row of somebody else's database backup, signed by the server key."""
    text = declared_text(backup)
    change.record_declared(backup, RegisterRow(text, sign(server_key, "register", text.encode("utf-8"))))


def record_unsigned(change: CmdbChange, copy: BackupCopy) -> None:
    """Write the row unsigned."""
    change.record(copy, RegisterRow(to_text(copy), None))


def sign_again(change: CmdbChange, before: bytes, server_key: SecretBytes) -> None:
    """Sign the rows anew that the owner of `before` signed; every other row stays as it is, and counts for
    nothing."""
    for row in change.register_rows():
        if not _is_signed(before, row):
            continue
        if is_database_row(row.text):
            record_database(change, database_from_text(row.text), server_key)
        elif is_declared_row(row.text):
            record_declared(change, declared_from_text(row.text), server_key)
        else:
            record(change, from_text(row.text), server_key)


def replaced_recipients(copies: Iterable[BackupCopy], cmdb_id: str) -> frozenset[str]:
    """Return the recipients that a vouched backup of this CMDB calls earlier ones."""
    vouched = (copy.backup for copy in copies if copy.signed and copy.backup.cmdb_id == cmdb_id)
    return frozenset(recipient for backup in vouched for recipient in backup.earlier)


def identity_of(facts: BackupFacts, inspected: Inspected, archive_name: str) -> BackupIdentity:
    """Return what the register keeps of a backup."""
    return BackupIdentity(
        kms_sha256=inspected.kms_sha256,
        archive_sha256=inspected.file_sha256,
        archive_name=archive_name,
        size=inspected.size,
        server=facts.server,
        cmdb_id=facts.cmdb_id,
        server_key=facts.server_key,
        created=facts.created,
        generation=facts.generation,
        previous=facts.previous,
        kids=facts.kids,
        protection=facts.protection,
        recipients=facts.recipients,
        hint=facts.hint,
        earlier=tuple(identity.recipient for identity in facts.earlier),
        copy_kids=tuple(key.kid for key in facts.copy_keys),
    )


def copy_identity(facts: CopyFacts) -> CopyIdentity:
    """Return what the register keeps of a database copy."""
    from nskeys.archive.database_copy.facts_json import signed_facts

    return CopyIdentity(
        sha256=hashlib.sha256(signed_facts(facts)).hexdigest(),
        server=facts.server,
        cmdb_id=facts.cmdb_id,
        server_key=facts.server_key,
        created=facts.created,
        number=facts.number,
        copy_kid=facts.copy_key.kid,
        keys=facts.keys,
        uncovered=tuple(kid for kid, _ in facts.keys if facts.left_out.concerns(kid)),
        covers_nothing=facts.unexplained or facts.left_out.unknown_key,
    )


def _is_signed(public: bytes | None, row: RegisterRow) -> bool:
    return (
        public is not None
        and row.signature is not None
        and verify(public, "register", row.text.encode("utf-8"), row.signature)
    )


def _digest(rows: Iterable[RegisterRow]) -> str:
    digests = sorted(hashlib.sha256(row.text.encode("utf-8", "replace")).digest() for row in rows)
    return hashlib.sha256(b"".join(digests)).hexdigest()

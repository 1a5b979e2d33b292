"""Recovery identities: made once under a password, used only after they opened a test file, replaced by
another with the next number.

Reading needs no secret: the record is signed by the server key and names each identity file by its hash.
Anything that does not match is an error, so nobody can change unnoticed whom backups are encrypted to.
"""

import hashlib
import os
import re
from dataclasses import dataclass, replace

from nskeys.archive.age.identity_files import read_identity, write_identity
from nskeys.archive.age.recipients import decrypt_by, encrypt_to, parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.cross_check import OpenedWith, confirm
from nskeys.archive.recovery_json import parse_record, record_bytes, recovery_document
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, sign, verify
from nskeys.errors import BackupNotProven, IdentityNotProven, NskeysError, PlanOutdated, RecoveryDamaged
from nskeys.model.audit import Action, members_of
from nskeys.model.backup import BackupFacts, Inspected
from nskeys.model.recovery import (
    IDENTITY_MEMBERS,
    NO_RECOVERY,
    SHARES_LIMIT,
    IdentityKind,
    Recovery,
    RecoveryIdentity,
    RecoveryPlan,
    RecoveryReport,
)
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Malformed, mapping, text
from nskeys.ports import Progress, RecoveryStore, SecretProvider, SilentProgress, Stage
from nskeys.reasons import Operation, Problem, RecoveryProblem
from nskeys.services.installation import Installation
from nskeys.services.passwords.new_password import ask_new_identity_password, weakness
from nskeys.services.register.signed_rows import verified_copies
from nskeys.services.transaction import keys_fingerprint, signed_changes

IN_FORCE = "recovery"
"""What the server key signs as: a record of what waits is never taken for one that is in force."""
_TEST_SIZE = 64
_NUMBERED = re.compile(r'"action":"(identity|custodians)-')
_NUMBERS_MOST = 1_000_000
"""Nobody made more identities: a higher number in the trail was written into the database by somebody."""


class RecoveryService:
    """Shows, makes and replaces recovery identities."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def show(self) -> Recovery:
        """Return the identities in force and those before them. Raises RecoveryDamaged."""
        self._installation.require()
        return known_recovery(self._installation)

    def plan(self, kind: IdentityKind, shares: int = 0, threshold: int = 0) -> RecoveryPlan:
        """Return what making an identity of this kind would do. For custodians, `threshold` of `shares`
        open it and the caller splits the password. Raises ValueError for numbers that no split has."""
        if (kind is IdentityKind.CUSTODIANS) is not (2 <= threshold <= shares <= SHARES_LIMIT):
            raise ValueError("not a split of this kind")
        installation = self._installation
        recovery = self.show()
        before = recovery.of(kind)
        return RecoveryPlan(
            kind=kind,
            number=max(recovery.next_number(kind), told_number(installation, kind) + 1),
            shares=shares,
            threshold=threshold,
            replaces=before,
            open_with_it=self._opened_by(before.recipient) if before else 0,
            fingerprint=_seen(installation),
        )

    def execute(
        self, plan: RecoveryPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> RecoveryReport:
        """Make the identity, open a test file with the typed password through the new identity file, by two
        readers, and only then put it in force. Raises IdentityNotProven, PlanOutdated, with nothing
        changed."""
        installation, progress = self._installation, progress or SilentProgress()
        path = installation.recovery.path_of(plan.kind.member)
        least, keys_here = installation.least_score, installation.key_store
        with ask_new_identity_password(plan.number, keys_here, secrets, least) as password:
            progress.stage(Stage.ENCRYPTING)
            wanted = NewIdentity(plan.kind, plan.number, plan.shares, plan.threshold)
            made, file = make_identity(installation, wanted, password)
            made = replace(made, weak=weakness(password))
            progress.checkpoint()
            progress.stage(Stage.OPENING)
            prove_identity(made, file, password, path)
        progress.checkpoint()
        progress.stage(Stage.UNLOCKING)
        with signed_changes(installation, secrets, "making a recovery identity") as changes:
            if _seen(installation) != plan.fingerprint:
                raise PlanOutdated(Operation.IDENTITY)
            progress.stage(Stage.RECORDING)
            before = known_recovery(installation)
            files = {**identity_files(installation, before), made.member: file}
            event = installation.event(
                Action.IDENTITY_REPLACED if plan.replaces else Action.IDENTITY_CREATED,
                made.recipient,
                kind=made.kind.value,
                number=made.number,
            )
            # The CMDB and the files cannot change in one step: killed in between, an audit line is there
            # without its identity, never the reverse.
            changes.tell(event)
            keep(installation, before.with_identity(made), files, changes.server_key)
            if known_recovery(installation).of(plan.kind) != made:
                raise RecoveryDamaged(path, RecoveryProblem.IDENTITY_CHANGED)
        return RecoveryReport(made, plan.replaces, path)

    def _opened_by(self, recipient: str) -> int:
        installation = self._installation
        with installation.cmdb.reading() as view:
            copies = verified_copies(view, installation.server_public())
        return len(
            {
                copy.backup.kms_sha256
                for copy in copies
                if copy.signed and copy.retired is None and recipient in copy.backup.recipients
            }
        )


def told_number(installation: Installation, kind: IdentityKind) -> int:
    """Return the highest number in the audit trail, so that a new identity gets an unused number even where
    the folder was lost or moved away."""
    highest, after = 0, 0
    with installation.cmdb.reading() as view:
        while entries := view.audit_entries(after):
            after = entries[-1].number
            told = (_numbered(entry.line) for entry in entries if _NUMBERED.search(entry.line))
            highest = max([highest, *(number for of, number in told if of == kind.value)])
    return highest


def _numbered(line: str) -> tuple[str, int]:
    """Return the kind and number in a line of the trail; empty where nskeys did not write it."""
    try:
        details = mapping(members_of(line).get("details"))
        kind, number = (
            str(details.get("kind", IdentityKind.CUSTODIANS.value)),
            int(text(details.get("number"))),
        )
    except ValueError:
        return "", 0
    return (kind, number) if number <= _NUMBERS_MOST else ("", 0)


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """An identity that is to be made; the fields about shares are for custodians' alone."""

    kind: IdentityKind
    number: int
    shares: int = 0
    threshold: int = 0
    set_name: str = ""


def make_identity(
    installation: Installation, wanted: NewIdentity, password: SecretBytes
) -> tuple[RecoveryIdentity, bytes]:
    """Return a new identity and its file, which only the password opens."""
    now = installation.clock.now()
    identity = X25519Identity.new()
    try:
        file = write_identity(identity, now, password, installation.scrypt_log_n)
        recipient = identity.recipient
    finally:
        identity.wipe()
    digest = hashlib.sha256(file).hexdigest()
    made = RecoveryIdentity(
        kind=wanted.kind,
        number=wanted.number,
        recipient=recipient,
        created=now,
        sha256=digest,
        shares=wanted.shares,
        threshold=wanted.threshold,
        set_name=wanted.set_name,
    )
    return made, file


def prove_identity(made: RecoveryIdentity, file: bytes, password: SecretBytes, path: str) -> None:
    """Open a test file with the password through the identity file, by two readers. Raises
    IdentityNotProven."""
    secret = os.urandom(_TEST_SIZE)
    test = encrypt_to([parse_recipient(made.recipient)], secret)
    try:
        identity = read_identity(file, password, path)
        try:
            opened = decrypt_by(test, [identity], path)
        finally:
            identity.wipe()
        if opened != secret:
            raise BackupNotProven(path, Problem.DIFFERS)
        confirm(test, password, hashlib.sha256(secret).hexdigest(), OpenedWith.IDENTITY_FILE, file)
    except NskeysError:
        raise IdentityNotProven(path) from None


def known_recovery(installation: Installation) -> Recovery:
    """Return the record that the home keeps and the server key signed, with each identity file in place;
    empty where none was made. Raises RecoveryDamaged, NewerVersion, FileUnreadable."""
    return vouched_recovery(installation, installation.recovery, IN_FORCE)


def vouched_recovery(installation: Installation, store: RecoveryStore, label: str) -> Recovery:
    """Return the record of a store if the server key signed it as `label`. Raises as `known_recovery`."""
    public = installation.server_public()
    if public is None:
        return NO_RECOVERY
    data = store.record()
    if data is None:
        for member in IDENTITY_MEMBERS:
            if store.candidates(member):
                raise RecoveryDamaged(store.path, RecoveryProblem.RECORD_MISSING)
        return NO_RECOVERY
    try:
        record = parse_record(data)
    except Malformed:
        raise RecoveryDamaged(store.path, RecoveryProblem.NOT_CANONICAL) from None
    if record.server_key != server_thumbprint(public):
        raise RecoveryDamaged(store.path, RecoveryProblem.OTHER_SERVER)
    if not verify(public, label, record.document, record.signature):
        raise RecoveryDamaged(store.path, RecoveryProblem.NOT_SIGNED)
    if installation.cmdb.exists() and record.cmdb_id != installation.cmdb.cmdb_id():
        raise RecoveryDamaged(store.path, RecoveryProblem.OTHER_SERVER)
    files_in(store, record.recovery)
    return record.recovery


def identity_files(installation: Installation, recovery: Recovery) -> dict[str, bytes]:
    """Return the file of each identity in force, by its name. Raises RecoveryDamaged (`identity_missing`,
    `identity_changed`)."""
    return files_in(installation.recovery, recovery)


def files_in(store: RecoveryStore, recovery: Recovery) -> dict[str, bytes]:
    """Return the file of each identity that a store's record names. Raises as `identity_files`."""
    files = {}
    for identity in recovery.identities:
        found = store.candidates(identity.member)
        fitting = [data for data in found if hashlib.sha256(data).hexdigest() == identity.sha256]
        if not fitting:
            problem = RecoveryProblem.IDENTITY_CHANGED if found else RecoveryProblem.IDENTITY_MISSING
            raise RecoveryDamaged(store.path_of(identity.member), problem)
        files[identity.member] = fitting[0]
    return files


def keep(
    installation: Installation, recovery: Recovery, files: dict[str, bytes], server_key: SecretBytes
) -> None:
    """Write these identities and their files, signed; needs the lock."""
    write_signed(installation, installation.recovery, IN_FORCE, recovery, files, server_key)


def bring_back(installation: Installation, inspected: Inspected, server_key: SecretBytes) -> None:
    """Take over the recovery identities of the backup that brought new hardware its keys and that this
    `server_key` signed, unless the home has a record of the same server already, as on a copied disk. Needs
    the lock."""
    facts = inspected.manifest.facts if inspected.manifest else None
    if facts is None or not facts.identities or _is_here(installation, server_key):
        return
    files = dict(inspected.identities)
    recovery = _still_in_force(installation, facts, server_key)
    write_signed(
        installation,
        installation.recovery,
        IN_FORCE,
        recovery,
        {identity.member: files[identity.member] for identity in recovery.identities},
        server_key,
    )


def _still_in_force(installation: Installation, facts: BackupFacts, server_key: SecretBytes) -> Recovery:
    """Return the recovery identities of a backup without those that a later backup to recipients left out:
    they had been replaced, perhaps because the wrong person knew the password."""
    with installation.cmdb.reading() as view:
        copies = verified_copies(view, public_of(server_key))
    to_people = [
        copy.backup
        for copy in copies
        if copy.signed
        and copy.backup.cmdb_id == facts.cmdb_id
        and copy.backup.recipients
        and copy.backup.generation > facts.generation
    ]
    newest = max(to_people, key=lambda backup: backup.generation, default=None)
    recovery = Recovery(facts.identities, facts.earlier)
    return recovery if newest is None else recovery.only(newest.recipients)


def _is_here(installation: Installation, server_key: SecretBytes) -> bool:
    try:
        record = parse_record(installation.recovery.record() or b"")
    except (Malformed, NskeysError):
        return False
    ours = verify(public_of(server_key), IN_FORCE, record.document, record.signature)
    return ours and record.cmdb_id == installation.cmdb.cmdb_id()


def write_signed(
    installation: Installation,
    store: RecoveryStore,
    label: str,
    recovery: Recovery,
    files: dict[str, bytes],
    server_key: SecretBytes,
) -> None:
    """Write the record and files into a store, signed as `label`; needs the lock."""
    signer = server_thumbprint(public_of(server_key))
    document = recovery_document(recovery, signer, installation.cmdb.cmdb_id())
    signature = sign(server_key, label, document)
    store.write(record_bytes(document, signature), files)


def _seen(installation: Installation) -> str:
    """Return a digest of the record and of the keys' state, for PlanOutdated."""
    record = installation.recovery.record() or b""
    return hashlib.sha256(keys_fingerprint(installation).encode() + record).hexdigest()

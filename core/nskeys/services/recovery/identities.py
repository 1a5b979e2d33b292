"""Recovery identities: made once under a password, used only after they opened a test file, replaced by
another with the next number.

Reading needs no secret: the CMDB's record is signed by the server key and names each identity file by its
hash. Anything that does not match is an error, so nobody can change unnoticed whom backups are encrypted
to. A file is written before the change that names it.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from nskeys.archive.age.identity_files import read_identity, write_identity
from nskeys.archive.age.recipients import decrypt_by, encrypt_to, parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.cross_check import OpenedWith, confirm
from nskeys.archive.recovery_json import recovery_text
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, sign
from nskeys.errors import BackupNotProven, IdentityNotProven, NskeysError, PlanOutdated, RecoveryDamaged
from nskeys.model.audit import Action, members_of
from nskeys.model.backup import BackupFacts, Inspected
from nskeys.model.recovery import NO_RECOVERY, SHARES_LIMIT, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.recovery_plans import RecoveryPlan, RecoveryReport
from nskeys.model.register import BackupCopy
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import mapping, text
from nskeys.ports import (
    CmdbChange,
    CmdbView,
    Progress,
    RecoveryRow,
    SecretProvider,
    SilentProgress,
    Stage,
)
from nskeys.reasons import Operation, Problem, RecoveryProblem
from nskeys.services.copy_keys import make_copy_key
from nskeys.services.installation import Installation
from nskeys.services.passwords.new_password import ask_new_identity_password, weakness
from nskeys.services.recovery.record import RECORD_LABEL, identity_file, known_recovery, recovery_in
from nskeys.services.register.predecessors import checkpoint_by
from nskeys.services.register.signed_rows import replaced_recipients, verified_copies
from nskeys.services.settling import recovery_hash
from nskeys.services.transaction import keys_fingerprint, signed_changes

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
            fingerprint=seen_recovery(installation),
        )

    def execute(
        self, plan: RecoveryPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> RecoveryReport:
        """Make the identity, open a test file with the typed password through the new identity file, by two
        readers, and only then put it in force. Raises IdentityNotProven, PlanOutdated, with nothing
        changed."""
        installation, progress = self._installation, progress or SilentProgress()
        least, keys_here = installation.least_score, installation.key_store
        with ask_new_identity_password(plan.number, keys_here, secrets, least) as password:
            progress.stage(Stage.MAKING_IDENTITY)
            wanted = NewIdentity(plan.kind, plan.number, plan.shares, plan.threshold)
            made, file = make_identity(installation, wanted, password)
            made = replace(made, weak=weakness(password))
            path = installation.identity_files.path_of(made.sha256)
            progress.checkpoint()
            progress.stage(Stage.TRYING_IDENTITY)
            prove_identity(made, file, password, path)
        progress.checkpoint()
        progress.stage(Stage.UNLOCKING)
        with signed_changes(installation, secrets, "making a recovery identity") as changes:
            if seen_recovery(installation) != plan.fingerprint:
                raise PlanOutdated(Operation.IDENTITY)
            progress.stage(Stage.RECORDING)
            before = known_recovery(installation)
            installation.identity_files.write(file)
            event = installation.event(
                Action.IDENTITY_REPLACED if plan.replaces else Action.IDENTITY_CREATED,
                made.recipient,
                kind=made.kind.value,
                number=made.number,
            )
            make_copy_key(installation, changes.keys)
            with changes.signed(event) as change:
                set_recovery(change, before.with_identity(made), changes.server_key)
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


def set_recovery(change: CmdbChange, recovery: Recovery, server_key: SecretBytes) -> None:
    """Write who can open backups, signed, in the caller's transaction. Their files are written already."""
    text = recovery_text(recovery, server_thumbprint(public_of(server_key)), change.cmdb_id)
    change.set_recovery(RecoveryRow(text, sign(server_key, RECORD_LABEL, text.encode("utf-8"))))


def coming_back(installation: Installation, inspected: Inspected, facts: BackupFacts) -> Recovery:
    """Return the recovery identities that a restore of this backup puts in force on new hardware, once a
    person confirmed its server key: those of a copied CMDB whose checkpoint and record that key signed, or
    else the backup's. An identity that a backup under that key calls an earlier one was replaced, and one
    whose file is neither here nor in the backup opens nothing that is made here: both are left out."""
    copies: tuple[BackupCopy, ...] = ()
    known = NO_RECOVERY
    if installation.cmdb.exists():
        with installation.cmdb.reading() as view:
            copies = verified_copies(view, facts.server_public)
            known = _vouched(view, facts.server_public, installation.cmdb.address())
    replaced = replaced_recipients(copies, facts.cmdb_id) | {one.recipient for one in facts.earlier}
    brought = Recovery(facts.identities, facts.earlier)
    recovery = known if known.identities else _still_in_force(brought, facts, copies)
    files = {hashlib.sha256(data).hexdigest() for _, data in inspected.identities}
    return recovery.only(
        [
            one.recipient
            for one in recovery.identities
            if one.recipient not in replaced and (one.sha256 in files or _is_here(installation, one))
        ]
    )


def keep_files(installation: Installation, recovery: Recovery, inspected: Inspected) -> None:
    """Write the files of these identities that the backup brings. Needs the lock."""
    brought = {hashlib.sha256(data).hexdigest(): data for _, data in inspected.identities}
    for sha256 in set(recovery.files) & brought.keys():
        installation.identity_files.write(brought[sha256])


def _vouched(view: CmdbView, public: bytes, place: str) -> Recovery:
    """Return the record in a CMDB, where the owner of `public` signed it and the checkpoint that names it;
    an older record may have been put back otherwise."""
    checkpoint = checkpoint_by(view, public)
    if checkpoint is None or checkpoint.recovery != recovery_hash(view):
        return NO_RECOVERY
    with suppress(NskeysError):
        return recovery_in(view, public, place)
    return NO_RECOVERY


def _is_here(installation: Installation, identity: RecoveryIdentity) -> bool:
    try:
        return bool(identity_file(installation, identity))
    except NskeysError:
        return False


def _still_in_force(recovery: Recovery, facts: BackupFacts, copies: Sequence[BackupCopy]) -> Recovery:
    """Return the recovery identities of a backup without those that a later backup to recipients left out:
    they had been replaced, perhaps because the wrong person knew the password."""
    to_people = [
        copy.backup
        for copy in copies
        if copy.signed
        and copy.backup.cmdb_id == facts.cmdb_id
        and copy.backup.recipients
        and copy.backup.generation > facts.generation
    ]
    newest = max(to_people, key=lambda backup: backup.generation, default=None)
    return recovery if newest is None else recovery.only(newest.recipients)


def seen_recovery(installation: Installation) -> str:
    """Return a digest of the record and of the keys' state, for PlanOutdated."""
    with installation.cmdb.reading() as view:
        row = view.recovery_row()
    record = b"" if row is None else row.text.encode("utf-8")
    return hashlib.sha256(keys_fingerprint(installation).encode() + record).hexdigest()

"""What a new backup is encrypted with: a password, or recipients.

Encrypting to recipients asks nobody for anything, so a timer can do it. What was read back is opened with
an identity made for this one archive, which is held in memory and wiped afterwards.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from nskeys.archive.age.recipients import decrypt_by, listed, parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.cross_check import OpenedWith, confirm
from nskeys.archive.writing import ArchivedKey, WrittenArchive, write, write_to
from nskeys.errors import PlanOutdated, RecipientRefused, RecoveryDamaged
from nskeys.model.backup import BackupFacts
from nskeys.model.plans import BackupPlan
from nskeys.model.recovery import NO_RECOVERY, Recovery
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretProvider
from nskeys.reasons import Operation, RecipientProblem, RecoveryProblem
from nskeys.services.installation import Installation
from nskeys.services.passwords.new_password import ask_new_password, weakness
from nskeys.services.recovery.record import identity_file, known_recovery
from nskeys.services.register.signed_rows import replaced_recipients, verified_copies


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of a backup; empty where a password is asked for."""

    recipients: tuple[str, ...] = ()
    recovery: Recovery = NO_RECOVERY


def recipients_for(installation: Installation, recipients: Sequence[str], password: bool) -> Recipients:
    """Return the recovery identities in force followed by `recipients`, each in its normal spelling; empty
    where a `password` is wanted. Raises RecoveryDamaged, RecipientRefused."""
    others = [parse_recipient(text) for text in recipients]
    if password:
        return Recipients()
    recovery = known_recovery(installation)
    _refuse_replaced(installation, recovery, [recipient.text for recipient in others])
    ours = [parse_recipient(text) for text in recovery.recipients]
    return Recipients(tuple(one.text for one in listed([*ours, *others])), recovery)


def _refuse_replaced(installation: Installation, recovery: Recovery, others: Sequence[str]) -> None:
    """Raise RecoveryDamaged (`replaced`) or RecipientRefused (`replaced`) for a recipient that the record
    or a vouched backup calls an earlier one: somebody put an older record back, or it is a mistake."""
    with installation.cmdb.reading() as view:
        copies = verified_copies(view, installation.server_public())
        replaced = replaced_recipients(copies, view.cmdb_id) | {one.recipient for one in recovery.earlier}
    for identity in recovery.identities:
        if identity.recipient in replaced:
            path = installation.identity_files.path_of(identity.sha256)
            raise RecoveryDamaged(path, RecoveryProblem.REPLACED)
    for recipient in others:
        if recipient in replaced:
            raise RecipientRefused(recipient, RecipientProblem.REPLACED)


class Encryption(Protocol):
    """How one archive is encrypted, and opened again to prove it."""

    @property
    def typed(self) -> bool:
        """Whether a person typed what opens the archive."""
        ...

    @property
    def weak(self) -> int | None:
        """The zxcvbn score of the password where a person insisted on a weak one, else None."""
        ...

    def close(
        self, facts: BackupFacts, keys: Sequence[ArchivedKey], server_key: SecretBytes
    ) -> WrittenArchive: ...

    def opens(self, kms: bytes, payload_sha256: str) -> None:
        """Check that what was read back opens with two independent readers and holds what was written.
        Raises BackupNotProven."""
        ...


@dataclass(frozen=True, slots=True)
class _PasswordEncryption:
    password: SecretBytes = field(repr=False)
    log_n: int

    @property
    def typed(self) -> bool:
        return self.password.typed

    @property
    def weak(self) -> int | None:
        return weakness(self.password)

    def close(
        self, facts: BackupFacts, keys: Sequence[ArchivedKey], server_key: SecretBytes
    ) -> WrittenArchive:
        return write(facts, keys, server_key, self.password, self.log_n)

    def opens(self, kms: bytes, payload_sha256: str) -> None:
        # The second reader derives its key from the password and the bytes that were read back; equal
        # plaintext there, and equal bytes here, is what "opened" means.
        confirm(kms, self.password, payload_sha256)


@dataclass(frozen=True, slots=True)
class _RecipientEncryption:
    installation: Installation
    recovery: Recovery
    once: X25519Identity = field(repr=False)

    @property
    def typed(self) -> bool:
        return False

    @property
    def weak(self) -> int | None:
        return min((one.weak for one in self.recovery.identities if one.weak is not None), default=None)

    def close(
        self, facts: BackupFacts, keys: Sequence[ArchivedKey], server_key: SecretBytes
    ) -> WrittenArchive:
        files = {one.member: identity_file(self.installation, one) for one in self.recovery.identities}
        return write_to(facts, keys, server_key, files, parse_recipient(self.once.recipient))

    def opens(self, kms: bytes, payload_sha256: str) -> None:
        decrypt_by(kms, [self.once])
        with self.once.spelled() as line:
            confirm(kms, line, payload_sha256, OpenedWith.IDENTITY)


@contextmanager
def encryption_for(
    installation: Installation, plan: BackupPlan, secrets: SecretProvider
) -> Iterator[Encryption]:
    """Give what a plan encrypts its archive with; a password is asked for, and wiped when the block
    ends."""
    if plan.wants_password:
        subject = plan.destinations[0].info.address if len(plan.destinations) == 1 else ""
        least, store = installation.least_score, installation.key_store
        with ask_new_password(subject, plan.hint, store, secrets, least) as password:
            yield _PasswordEncryption(password, installation.scrypt_log_n)
        return
    once = X25519Identity.new()
    try:
        yield _RecipientEncryption(installation, recovery_of(installation, plan), once)
    finally:
        once.wipe()


def recovery_of(installation: Installation, plan: BackupPlan) -> Recovery:
    """Return the recovery identities in force. Raises PlanOutdated unless they are those that the plan
    saw."""
    if plan.wants_password:
        return NO_RECOVERY
    recovery = known_recovery(installation)
    _refuse_replaced(installation, recovery, ())
    if recovery.identities != plan.identities:
        raise PlanOutdated(Operation.BACKUP)
    return recovery

"""Opens a backup for a restore or a drill: from a password, an identity or shares, asked for until one
fits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from nskeys.archive.age.identity_files import read_identities, under_password
from nskeys.archive.age.recipients import FileIdentity
from nskeys.archive.opening import open_backup, open_backup_by, open_identity
from nskeys.errors import IdentityNotRecipient, NotForCustodians, SecretUnavailable
from nskeys.model.backup import BackupFacts, Inspected, KmsContents
from nskeys.model.custodians import ShareProgress
from nskeys.model.destinations import LocatedAt
from nskeys.model.plain_text import is_text
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.model.register import Protection, Signer
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import BY_ITS_OWN, Unlock, UnlockMethod
from nskeys.ports import Progress, Purpose, SecretProvider, SecretRequest, Stage
from nskeys.reasons import ForeignReason, Wanted
from nskeys.services.installation import Installation
from nskeys.services.passwords.new_password import ask_until_it_opens
from nskeys.services.passwords.providers import RecordingSecretProvider
from nskeys.services.passwords.shares import with_combined_shares
from nskeys.services.register.predecessors import server_keys, server_keys_in
from nskeys.services.register.service import RegisterService
from nskeys.services.register.signed_rows import verified_copies

_REASONS = {
    Signer.UNKNOWN: ForeignReason.NOT_VOUCHED,
    Signer.OTHER_SERVER: ForeignReason.OTHER_SIGNER,
    Signer.REPLACED: ForeignReason.REPLACED_SIGNER,
    Signer.PREDECESSOR: ForeignReason.EARLIER_SIGNER,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A backup file, inspected: what it says without a password, and where it lies."""

    inspected: Inspected
    where: LocatedAt
    destination: str
    address: str

    @property
    def recordable(self) -> bool:
        """Whether a register row can be about it. A bare `.kms` is no archive that a later look could
        compare, and an address whose bytes are no text cannot be written down."""
        return not self.inspected.bare and is_text(self.address)

    @property
    def facts(self) -> BackupFacts | None:
        """What the backup says of itself; None for a bare `.kms`."""
        return self.inspected.manifest.facts if self.inspected.manifest else None


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A backup whose password was given; its keys are wiped when the context that made it ends."""

    source: Source
    contents: KmsContents
    foreign: tuple[ForeignReason, ...]
    """Reasons for a plain confirmation: `not_vouched`, `other_signer`, `replaced_signer`,
    `earlier_signer`, `other_cmdb`."""
    typed: bool = False
    """Whether a person typed what opened it."""

    @property
    def facts(self) -> BackupFacts:
        """The facts in the `.kms` itself, authenticated by its keys."""
        return self.contents.facts


def find_source(installation: Installation, address: str, most: bool = False) -> Source:
    """Read and inspect a backup. `latest` is the newest one that the register can reach; with `most`, the
    newest of those that bring back most credentials."""
    return Source(*RegisterService(installation).read(address, most))


class SourceService:
    """Finds, inspects and opens the backup of a restore or a drill. Changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def find(self, address: str, most: bool = False) -> Source:
        """Find a backup as `find_source` does."""
        return find_source(self._installation, address, most)

    def signer(self, facts: BackupFacts) -> Signer:
        """Return whose key signed what a backup says of itself, as far as this server can tell."""
        return server_keys(self._installation).signer(facts)

    def opened(
        self, source: Source, secrets: SecretProvider, progress: Progress, opening: Unlock = BY_ITS_OWN
    ) -> AbstractContextManager[OpenSource]:
        """Open a backup as the function `opened` does."""
        return opened(self._installation, source, secrets, progress, opening)


@contextmanager
def opened(
    installation: Installation,
    source: Source,
    secrets: SecretProvider,
    progress: Progress,
    opening: Unlock = BY_ITS_OWN,
) -> Iterator[OpenSource]:
    """Give the opened backup until the block ends, then wipe its keys. Changes nothing."""
    progress.stage(Stage.OPENING)
    recorder = RecordingSecretProvider(secrets)
    contents = open_by(source.inspected, opening, recorder)
    try:
        yield OpenSource(
            source, contents, foreign_reasons(installation, source, contents.facts), recorder.typed
        )
    finally:
        contents.wipe()


def foreign_reasons(
    installation: Installation, source: Source, facts: BackupFacts
) -> tuple[ForeignReason, ...]:
    """Return why a person has to confirm this backup. A machine without a server key of its own always
    asks: nothing in a CMDB, an archive or a password tells whose server key it is."""
    there, public = installation.cmdb.exists(), installation.server_public()
    signer, other_cmdb = Signer.UNKNOWN, there and installation.cmdb.cmdb_id() != facts.cmdb_id
    if public is not None and there:
        with installation.cmdb.reading() as view:
            signer = server_keys_in(view, public).signer(facts)
            # Whoever has the earlier key can make a backup of any date: the register tells which were
            # made before it was replaced.
            if signer in (Signer.PREDECESSOR, Signer.REPLACED) and any(
                copy.signed and copy.backup.kms_sha256 == source.inspected.kms_sha256
                for copy in verified_copies(view, public)
            ):
                signer = Signer.THIS_SERVER
    reason = _REASONS.get(signer)
    return (
        *((reason,) if reason is not None else ()),
        *((ForeignReason.OTHER_CMDB,) if other_cmdb else ()),
    )


def means_of(inspected: Inspected) -> tuple[UnlockMethod, ...]:
    """Return by what a backup can be opened, the likeliest first. A backup without a recovery identity, or
    a bare `.kms` without its companions, opens with an identity file only."""
    if inspected.protection is Protection.PASSWORD:
        return (UnlockMethod.OWN,)
    kinds = {identity.kind for identity in _identities(inspected)}
    own = (UnlockMethod.OWN,) if IdentityKind.PERSON in kinds else ()
    shares = (UnlockMethod.SHARES,) if IdentityKind.CUSTODIANS in kinds else ()
    return (*own, *shares, UnlockMethod.IDENTITY_FILE)


def open_by(inspected: Inspected, opening: Unlock, secrets: SecretProvider) -> KmsContents:
    """Return the keys and facts, which the caller wipes. Raises WrongPassword, IdentityNotRecipient,
    IdentityUnusable, BackupForged; SecretUnavailable (`identity`) where the backup has nothing to ask a
    password for."""
    if opening.means is UnlockMethod.IDENTITY_FILE and opening.identity is not None:
        if inspected.protection is Protection.PASSWORD:
            raise IdentityNotRecipient(inspected.path)
        return _by_file(inspected, opening.name, opening.identity, secrets)
    if opening.means is UnlockMethod.SHARES:
        return _by_shares(inspected, secrets)
    if inspected.protection is Protection.PASSWORD:
        hint = inspected.manifest.facts.hint if inspected.manifest else ""
        request = SecretRequest(Purpose.BACKUP_PASSWORD, inspected.path, hint)
        return ask_until_it_opens(request, secrets, lambda word: open_backup(inspected, word))
    if means_of(inspected)[0] is UnlockMethod.SHARES:
        return _by_shares(inspected, secrets)
    return _by_password(inspected, secrets)


def _by_password(inspected: Inspected, secrets: SecretProvider) -> KmsContents:
    identity = _of_kind(inspected, IdentityKind.PERSON)
    hint = inspected.manifest.facts.hint if inspected.manifest else ""
    request = SecretRequest(Purpose.IDENTITY_PASSWORD, inspected.path, hint, identity.number)
    return ask_until_it_opens(request, secrets, _through(inspected, identity))


def _by_shares(inspected: Inspected, secrets: SecretProvider) -> KmsContents:
    """Open the backup with custodians' shares. Raises NotForCustodians, and what `collect_shares`
    raises."""
    try:
        identity = _of_kind(inspected, IdentityKind.CUSTODIANS)
    except SecretUnavailable:
        raise NotForCustodians(inspected.path) from None
    wanted = ShareProgress(identity.set_name, identity.threshold, identity.shares)
    return with_combined_shares(inspected.path, wanted, secrets, _through(inspected, identity))


def _through(inspected: Inspected, identity: RecoveryIdentity) -> Callable[[SecretBytes], KmsContents]:
    """Return a function that opens the identity's file with a password, and the backup with that
    identity."""

    def opened(password: SecretBytes) -> KmsContents:
        found = open_identity(inspected, identity, password)
        try:
            return open_backup_by(inspected, [found])
        finally:
            found.wipe()

    return opened


def _by_file(
    inspected: Inspected, name: str, identity: SecretBytes, secrets: SecretProvider
) -> KmsContents:
    data = identity.reveal()

    def opened(password: SecretBytes | None) -> KmsContents:
        found: tuple[FileIdentity, ...] = read_identities(data, name, password)
        try:
            return open_backup_by(inspected, found)
        finally:
            for one in found:
                one.wipe()

    if under_password(data):
        return ask_until_it_opens(SecretRequest(Purpose.IDENTITY_PASSWORD, name), secrets, opened)
    return opened(None)


def _identities(inspected: Inspected) -> tuple[RecoveryIdentity, ...]:
    facts: BackupFacts | None = inspected.manifest.facts if inspected.manifest else None
    return facts.identities if facts is not None else ()


def _of_kind(inspected: Inspected, kind: IdentityKind) -> RecoveryIdentity:
    """Return the backup's recovery identity of this kind. Raises SecretUnavailable (`identity`) without
    one."""
    for identity in _identities(inspected):
        if identity.kind is kind:
            return identity
    raise SecretUnavailable(Wanted.IDENTITY)

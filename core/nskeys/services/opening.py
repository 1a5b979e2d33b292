"""From a password, an identity or shares to the keys of a backup.

To recovery identities the way is: password, identity, its recipient is the one that the facts name, keys.
Whatever does not fit on it is said by itself: a wrong password, somebody else's identity, an identity file
that was exchanged.
"""

from collections.abc import Callable

from nskeys.archive.age_recipients import FileIdentity
from nskeys.archive.identities import read_identities, under_password
from nskeys.archive.opening import open_backup, open_backup_by, open_identity
from nskeys.errors import IdentityNotRecipient, NotForCustodians, SecretUnavailable
from nskeys.model.backup import Facts, Inspected, KmsContents, Protection
from nskeys.model.opening import Means, Opening
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.model.secret import SecretBytes
from nskeys.model.shares import Gathered
from nskeys.ports import Purpose, SecretProvider, SecretRequest
from nskeys.services.passwords.new_password import ask_until_it_opens
from nskeys.services.passwords.shares import with_combined


def means_of(inspected: Inspected) -> tuple[Means, ...]:
    """By what a backup can be opened, the likeliest first. One to nobody's recovery identity, or a bare
    `.kms`, whose companions are not there, by an identity file only."""
    if inspected.protection is Protection.PASSWORD:
        return (Means.OWN,)
    kinds = {identity.kind for identity in _identities(inspected)}
    own = (Means.OWN,) if IdentityKind.PERSON in kinds else ()
    shares = (Means.SHARES,) if IdentityKind.CUSTODIANS in kinds else ()
    return (*own, *shares, Means.IDENTITY_FILE)


def open_by(inspected: Inspected, opening: Opening, secrets: SecretProvider) -> KmsContents:
    """The keys and facts; the caller wipes them. WrongPassword, IdentityNotRecipient, IdentityUnusable,
    BackupForged; SecretUnavailable (`identity`) where the backup has nothing to ask a password for."""
    if opening.means is Means.IDENTITY_FILE and opening.identity is not None:
        if inspected.protection is Protection.PASSWORD:
            raise IdentityNotRecipient(inspected.path)
        return _by_file(inspected, opening.name, opening.identity, secrets)
    if opening.means is Means.SHARES:
        return _by_shares(inspected, secrets)
    if inspected.protection is Protection.PASSWORD:
        hint = inspected.manifest.facts.hint if inspected.manifest else ""
        request = SecretRequest(Purpose.BACKUP_PASSWORD, inspected.path, hint)
        return ask_until_it_opens(request, secrets, lambda word: open_backup(inspected, word))
    if means_of(inspected)[0] is Means.SHARES:
        return _by_shares(inspected, secrets)
    return _by_password(inspected, secrets)


def _by_password(inspected: Inspected, secrets: SecretProvider) -> KmsContents:
    identity = _of_kind(inspected, IdentityKind.PERSON)
    hint = inspected.manifest.facts.hint if inspected.manifest else ""
    request = SecretRequest(Purpose.IDENTITY_PASSWORD, inspected.path, hint, identity.number)
    return ask_until_it_opens(request, secrets, _through(inspected, identity))


def _by_shares(inspected: Inspected, secrets: SecretProvider) -> KmsContents:
    """NotForCustodians, and what shares raise."""
    try:
        identity = _of_kind(inspected, IdentityKind.CUSTODIANS)
    except SecretUnavailable:
        raise NotForCustodians(inspected.path) from None
    wanted = Gathered(identity.set_name, identity.threshold, identity.shares)
    return with_combined(inspected.path, wanted, secrets, _through(inspected, identity))


def _through(inspected: Inspected, identity: RecoveryIdentity) -> Callable[[SecretBytes], KmsContents]:
    """What a password opens: the identity's file, and with that the backup."""

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
    facts: Facts | None = inspected.manifest.facts if inspected.manifest else None
    return facts.identities if facts is not None else ()


def _of_kind(inspected: Inspected, kind: IdentityKind) -> RecoveryIdentity:
    """SecretUnavailable (`identity`) where the backup is for no such identity."""
    for identity in _identities(inspected):
        if identity.kind is kind:
            return identity
    raise SecretUnavailable("identity")

"""How a backup is opened, in words: by whom, with what, and what may be given instead."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from nskeys.model.backup import KMS_NAME, READER_NAME, BackupFacts
from nskeys.model.recovery import EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import BackupCopy, Protection
from nskeys.model.unlock import UnlockMethod
from nskeys.wording.labels import protection_name
from nskeys.wording.page import Commands, Part, Words
from nskeys.wording.recovery import identity_name, short_recipient, with_split
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe

SHAMIR = (
    "python3 -m venv slip39",
    "slip39/bin/pip install 'shamir-mnemonic[cli]==0.3.0'",
    "slip39/bin/shamir recover",
)
"""How shares are put together without nskeys. Debian's pip installs nothing outside of a venv."""


def openers(copy: BackupCopy, recovery: Recovery) -> tuple[str, ...]:
    """Return each way to open it: `the password of recovery identity 2`, `any 3 of the 5 shares of
    custodians' identity 1`, `the ssh key ssh-ed25519 AAAA...`."""
    if copy.backup.protection is Protection.PASSWORD:
        return ("its password",)
    return tuple(_opener(recipient, recovery) for recipient in copy.backup.recipients)


def _opener(recipient: str, recovery: Recovery) -> str:
    known = recovery.named(recipient)
    if known is None:
        what = "the ssh key" if recipient.startswith("ssh-") else "the age identity of"
        return f"{what} {safe(recipient)}"
    if isinstance(known, EarlierIdentity):
        what = "the password" if known.kind is IdentityKind.PERSON else "the shares"
        return f"{what} of {identity_name(known)}, as it was before it was replaced"
    if known.kind is IdentityKind.PERSON:
        return f"the password of {identity_name(known)}"
    split = f"any {number(known.threshold)} of the {number(known.shares)} shares"
    return f"{split} of {identity_name(known)}{_set(known)}"


def _set(identity: RecoveryIdentity) -> str:
    return f' (each begins with "{safe(identity.set_name)}")' if identity.set_name else ""


def what_one_needs(copy: BackupCopy, recovery: Recovery) -> str:
    """Return what opens it, for a list of what has to be at hand."""
    if copy.backup.protection is Protection.PASSWORD:
        hint = "; the hint says where to look, or whom to ask" if copy.backup.hint else ""
        words = "The password of that backup. nskeys keeps it nowhere, and without it nobody opens the file"
        return f"{words}{hint}."
    ways = openers(copy, recovery)
    one = "One of these" if len(ways) > 1 else "This"
    return f"{one}, which nskeys keeps nowhere: {'; '.join(ways)}."


def restore_option(copy: BackupCopy, recovery: Recovery) -> str:
    """Return the option that 'nskeys restore' needs where no password opens the backup."""
    kinds = _kinds(copy, recovery)
    if kinds == (IdentityKind.CUSTODIANS,):
        return " --shares"
    return " --identity IDENTITY_FILE" if copy.backup.recipients and not kinds else ""


def asked_by_restore(copy: BackupCopy, recovery: Recovery) -> str:
    """Return what 'nskeys restore' asks for, to stand behind `Both ask for`."""
    kinds = _kinds(copy, recovery)
    if copy.backup.protection is Protection.PASSWORD:
        return "the password"
    if not kinds:
        return "what opens the identity file, if anything does"
    if kinds == (IdentityKind.CUSTODIANS,):
        return "the custodians' shares"
    shares = "; with '--shares' for the custodians' shares" if len(kinds) > 1 else ""
    return f"the password of the recovery identity{shares}"


def opened_with_age(copy: BackupCopy, recovery: Recovery, backup: str) -> Iterator[Part]:
    """Yield the steps by which unzip and age show the keys; `backup` is the shell's name for the
    archive."""
    if copy.backup.protection is Protection.PASSWORD:
        yield Commands((f"unzip {backup} {KMS_NAME}", f"age -d {KMS_NAME}"))
        return
    kinds = _kinds(copy, recovery)
    for kind in kinds:
        if kind is IdentityKind.CUSTODIANS:
            yield Words(
                "With the custodians' shares (SLIP-39): shamir asks for the words of one sheet after the "
                "other and prints a master secret, which is the password that age then asks for:"
            )
            yield Commands(SHAMIR)
        else:
            yield Words("With the password of the recovery identity, whose file lies in the archive:")
        yield Commands(
            (f"unzip -o {backup} {KMS_NAME} {kind.member}", f"age -d -i {kind.member} {KMS_NAME}")
        )
    if len(kinds) < len(copy.backup.recipients):
        yield Words("With the identity file, or the ssh key, of a recipient who is named above:")
        yield Commands((f"unzip -o {backup} {KMS_NAME}", f"age -d -i IDENTITY_FILE {KMS_NAME}"))


def opened_with_reader(copy: BackupCopy, recovery: Recovery) -> str:
    if copy.backup.protection is Protection.PASSWORD:
        return f"{READER_NAME} {KMS_NAME}"
    kinds = _kinds(copy, recovery)
    return f"{READER_NAME} {KMS_NAME} {kinds[0].member if kinds else 'IDENTITY_FILE'}"


def _kinds(copy: BackupCopy, recovery: Recovery) -> tuple[IdentityKind, ...]:
    """Return the recovery identities whose files lie in the archive, as far as this server knows them."""
    known = (recovery.named(recipient) for recipient in copy.backup.recipients)
    return tuple(identity.kind for identity in known if identity is not None)


_ASKED = MappingProxyType(
    {
        UnlockMethod.OWN: "its password",
        UnlockMethod.SHARES: "the custodians' sheets",
        UnlockMethod.IDENTITY_FILE: "an identity file",
    }
)
_SHOWN = 4
_OR_SHARES = "s asks for the custodians' sheets."
_OR_FILE = "i takes an identity file."


def opens_with(facts: BackupFacts) -> str:
    """Return what opens it: `a password`, `recovery identity 2 or custodians' identity 1 (3 of 5
    shares)`."""
    if facts.protection is Protection.PASSWORD:
        return protection_name(facts.protection)
    ours = {identity.recipient for identity in facts.identities}
    ways = [with_split(identity) for identity in facts.identities]
    ways += [short_recipient(recipient) for recipient in facts.recipients if recipient not in ours]
    return " or ".join(ways[:_SHOWN]) + (f" or {number(len(ways) - _SHOWN)} more" if ways[_SHOWN:] else "")


def asked_for(means: Sequence[UnlockMethod]) -> str:
    """Return what is asked for first: `its password`."""
    return _ASKED[means[0]] if means else _ASKED[UnlockMethod.OWN]


IDENTITY_FILE_HELP = "An age identity, in the clear or under a password, or an ssh key of a recipient"


def or_else(means: Sequence[UnlockMethod]) -> str:
    """Return what the app's keys ask for instead; empty where there is nothing else."""
    others = ((UnlockMethod.SHARES, _OR_SHARES), (UnlockMethod.IDENTITY_FILE, _OR_FILE))
    return " ".join(words for other, words in others if other in means[1:])

"""What binds the keys, in plain words: against whom it helps, what breaks it, what a change leaves."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.model.register import BackupCopy
from nskeys.ports import Leftover
from nskeys.wording.copies import backup_name, place_word
from nskeys.wording.labels import protector_name
from nskeys.wording.problems import clause
from nskeys.wording.text.terminal import safe, shown

_HELPS = MappingProxyType(
    {
        "tpm2": "a stolen disk, and copies of disk or CMDB: only this machine's TPM opens the keys",
        "passphrase": "a stolen machine, and copies of its disk: the passphrase opens the keys",
        "file": "a copy of the CMDB alone, for the keys are not in it",
        "pkcs11": "a stolen disk, and copies of disk or CMDB: only the token opens the keys",
    }
)
_BREAKS = MappingProxyType(
    {
        "tpm2": "whoever is root on this machine",
        "passphrase": (
            "a passphrase that is guessed or seen; and timers cannot use the keys, "
            "for nobody is there to type it"
        ),
        "file": "a stolen disk, a copy of it, and whoever is root here: all of them have the keys",
        "pkcs11": "whoever has the token and its PIN",
    }
)
_LOST = MappingProxyType(
    {
        "tpm2": (
            "a new board, a TPM that firmware work cleared, or a newly installed system; updates of "
            "firmware, boot loader and kernel change nothing"
        ),
        "passphrase": "a forgotten passphrase, or this disk",
        "file": "this disk",
        "pkcs11": "a token that is gone, locked or erased",
    }
)
_STILL_OPENS = MappingProxyType(
    {
        "file": "{path} holds its key in the clear: whoever reads it has the keys of this server",
        "passphrase": "{path} still opens with the earlier passphrase",
        "tpm2": "{path} still opens with this machine's TPM",
        "pkcs11": "{path} still opens with the earlier token",
    }
)
NOT_REMOVED = "An earlier key store could not be removed"
CHANGE_MEANS = (
    "The keys stay the same. They are wrapped anew under a new key-encryption key and opened again; only "
    "then the old wrapping is removed from this disk."
)
NO_BACKUP = "No proven backup elsewhere holds every key of this server."
WITHOUT_BACKUP = "A disk that fails, or a passphrase that is forgotten, then takes the keys for good."
OLD_COPIES_ROTATE = (
    "Old copies of this disk still open the old way. A rotation (o on the first screen) seals every "
    "credential under a key that they do not hold."
)
ANOTHER_PASSPHRASE = "another passphrase"


def helps_against(protector: str) -> str:
    """Against what it helps; nothing for one that this version does not know."""
    return _HELPS.get(protector, "nothing that this version of nskeys knows of")


def broken_by(protector: str) -> str:
    """What gets past it."""
    return _BREAKS.get(protector, "nothing that this version of nskeys knows of")


def lost_with(protector: str) -> str:
    """What takes the keys although nobody is after them: then a restore brings them back."""
    return _LOST.get(protector, "what this version of nskeys does not know")


def protector_title(name: str, current: str) -> str:
    """For a list of choices: `Passphrase`, or `Another passphrase` where one is in force."""
    words = ANOTHER_PASSPHRASE if name == current == "passphrase" else protector_name(name)
    return f"{words[0].upper()}{words[1:]}"


def not_here(name: str, reason: str) -> str:
    """`TPM 2.0 is not to be had here: ...`."""
    return f"{protector_title(name, '')} is not to be had here{clause(reason)}."


def leftover_line(left: Leftover) -> str:
    """What should have been removed, and who gets at the keys by it."""
    path = shown(left.path)
    if not left.opens:
        return f"{NOT_REMOVED}: {path}. Nothing that is left in it opens."
    still = _STILL_OPENS.get(left.protector or "", "what {path} takes to open cannot be told")
    return f"{NOT_REMOVED}: {still.format(path=path)}."


def leftover_way(left: Leftover) -> str:
    """What a person does about it."""
    return (
        "The next change tries again. Where it cannot be removed either, see why (lsattr, mount, the "
        f"system's log), then remove {shown(left.folder)} with all that is in it."
    )


def leftover_lines(left: Sequence[Leftover]) -> tuple[str, ...]:
    """All of them, what opens the keys first, and what to do."""
    ordered = sorted(left, key=lambda one: not one.opens)
    return tuple(line for one in ordered for line in (leftover_line(one), leftover_way(one)))


def helps_now(protector: str, left: Sequence[Leftover]) -> str:
    """Against what it helps; nothing is promised while an earlier key store opens the keys."""
    opening = next((one for one in left if one.opens), None)
    if opening is None:
        return helps_against(protector)
    return f"not more than before, as long as {safe(opening.path)} is here"


def backup_before(copy: BackupCopy) -> str:
    """The backup that a change can rely on."""
    place = f"{safe(copy.destination)} ({place_word(copy.where)})"
    return f"{backup_name(copy).capitalize()} in {place} holds every key."

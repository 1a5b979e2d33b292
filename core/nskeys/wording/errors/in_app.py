"""What happened and what to do, for whoever sits before the app: keys and screens, no commands to type.

What happened is told as on the command line. Advice that names a command there is replaced by what does
the same here; all other advice stays.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import (
    BackupDamaged,
    BackupForeign,
    BackupForged,
    BackupNotProven,
    CmdbBusy,
    DestinationUnreachable,
    FieldInvalid,
    HostKeyUnknown,
    IdentityNotRecipient,
    ImportRefused,
    KeyNotUsable,
    KeyStoreDamaged,
    KeyStoreElsewhere,
    KeyStoreOfAnotherCmdb,
    KeyStoreUnreached,
    KeyUsedUp,
    Locked,
    NameTaken,
    NoBackupKnown,
    NoCopyMade,
    NoProvenBackup,
    NoSuchBackup,
    NoSuchCredential,
    NoSuchKey,
    NotABackup,
    NotEnoughMemory,
    NotSetUp,
    NskeysError,
    PasswordRefused,
    ProtectorUnavailable,
    RecoveryDamaged,
    RotationNotOpen,
    ScheduleNotStarted,
    ScheduleRefused,
    SealDoesNotOpen,
    SecretUnavailable,
    ServerSecretWanted,
)
from nskeys.reasons import Problem
from nskeys.wording.errors import UNFORESEEN, say
from nskeys.wording.errors.destinations import to_reach
from nskeys.wording.text.sentence import Sentence

_NAMES_A_COMMAND = re.compile(r"'(?:sudo )?nskeys\b|'--|the command\b")
_SUDO = "Leave nskeys (q) and start it again with sudo, or as a user who may do that."
_AGAIN = "Look once more, and try it again."
_REGISTER = "The register in the menu (m) says where they are."

_ADVICE: Mapping[type[NskeysError], str] = MappingProxyType(
    {
        BackupDamaged: f"Use another copy or an earlier backup. {_REGISTER}",
        BackupForeign: "If you know where it comes from, restore from it (r): you are asked before.",
        BackupForged: f"Run nothing from it, type no password for it, and use another copy. {_REGISTER}",
        BackupNotProven: "Remove that file, then back up to another place.",
        CmdbBusy: "Wait until it is done, or stop it, then try again.",
        FieldInvalid: "Choose the kind of every row with k.",
        IdentityNotRecipient: "Use the identity of one of its recipients; the backup names them.",
        HostKeyUnknown: "Compare it there, then try again and trust it; Destinations in the menu asks too.",
        ImportRefused: "Correct what is named, or take the rest with s.",
        KeyNotUsable: "A rotation (o on the first screen) makes and activates a new key.",
        KeyStoreDamaged: "Keep this home as it is, and restore the keys from a backup into another one.",
        KeyStoreElsewhere: "Restore them from a backup (r).",
        KeyStoreOfAnotherCmdb: "Name the CMDB of these keys in config.toml, or start nskeys with its home.",
        KeyStoreUnreached: (
            "If it is only away, bring it back: nothing is lost; if this is another machine, restore from "
            "a backup (r)."
        ),
        KeyUsedUp: "A rotation (o on the first screen) makes a new key.",
        Locked: "Wait until that is finished, then try again.",
        NameTaken: "Choose another name, or change the one that has it.",
        NoBackupKnown: "Name the file itself, typed or found by browsing.",
        NoCopyMade: "Mend one of them, or choose another one.",
        NoProvenBackup: "Make a backup (b) to a place elsewhere, then change it again.",
        NoSuchBackup: "Somebody changed the register meanwhile: look at it once more.",
        NoSuchCredential: "Somebody removed it meanwhile: look at the list once more.",
        NoSuchKey: "Look at the keys once more; a restore (r) brings one back that is missing.",
        NotABackup: "Name the .zip that a backup wrote, or the .kms in it.",
        NotEnoughMemory: "Free that much memory, then try again.",
        NotSetUp: "Leave nskeys (q) and start it again: it asks how to begin.",
        PasswordRefused: "Choose a harder one, best four words that have nothing to do with each other.",
        ProtectorUnavailable: "Choose another one.",
        RecoveryDamaged: "Find out who changed it; put the folder back, or move it away and make another.",
        RotationNotOpen: "Begin one with o on the first screen.",
        ScheduleNotStarted: "Ask systemd why, in a shell.",
        ScheduleRefused: "The menu (m) leads to the recovery identity and to the protector.",
        SealDoesNotOpen: "Restore its key (r), or give it a new secret.",
        SecretUnavailable: _AGAIN,
        ServerSecretWanted: "Test it under Destinations in the menu (m): there it is asked for.",
    }
)


def say_in_app(error: NskeysError) -> Sentence:
    """The two sentences, without a command in them."""
    told = say(error)
    if told == UNFORESEEN:
        return Sentence(told.what, "Look at the first screen to see how things stand.")
    if not _NAMES_A_COMMAND.search(told.advice):
        return told
    if isinstance(error, DestinationUnreachable):
        return Sentence(told.what, f"{to_reach(error, in_app=True)}, or choose another one.")
    if isinstance(error, BackupNotProven) and error.problem is Problem.MISSING:
        return Sentence(told.what, "Test that place under Destinations (m), or back up to another one.")
    if "sudo" in told.advice:
        return Sentence(told.what, _SUDO)
    for known in type(error).__mro__:
        if known in _ADVICE:
            return Sentence(told.what, _ADVICE[known])
    return Sentence(told.what, _AGAIN)

"""When a backup is none, is damaged, forged, foreign, not proven or not known."""

from types import MappingProxyType

from nskeys.errors import (
    BackupDamaged,
    BackupForeign,
    BackupForged,
    BackupNotProven,
    NoBackupKnown,
    NoSuchBackup,
    NotABackup,
)
from nskeys.reasons import ForeignReason, Problem
from nskeys.wording.problems import problem_text
from nskeys.wording.text.sentence import Row, Table, listed, token_words
from nskeys.wording.text.terminal import shown

_REGISTER = "The register in the menu (m) says where they are."
_FOREIGN = MappingProxyType(
    {
        ForeignReason.UNSIGNED: "it is not signed",
        ForeignReason.BROKEN_SIGNATURE: "its signature is not by the server key that it names",
        ForeignReason.UNPROVEN_SIGNATURE: (
            "its signature cannot be checked, for the server key is not in it"
        ),
        ForeignReason.OTHER_SIGNER: "it is signed by another server's key",
        ForeignReason.NAMES_OTHER_SIGNER: "it names another server's key as its signer",
        ForeignReason.OTHER_CMDB: "it belongs to another CMDB",
        ForeignReason.LACKS_KEYS: "keys of this server are not in it, and stay unreadable here",
        ForeignReason.UNREACHED: (
            "the TPM of the keys that are here cannot be asked: it may only be away for now"
        ),
    }
)


def foreign_words(reason: ForeignReason) -> str:
    """Return why a backup needs a plain confirmation: `it is signed by another server's key`."""
    return token_words(_FOREIGN, reason)


def _not_a_backup(error: NotABackup) -> Row:
    if error.problem is Problem.BARE:
        return Row(
            f"{shown(error.path)} is a bare .kms without its companions, so nothing vouches for it.",
            "Name the whole archive (.zip); only 'nskeys restore FILE' and 'nskeys drill FILE' take a bare "
            ".kms.",
            "Name the whole archive (.zip); only a restore and a drill take a bare .kms.",
        )
    return Row(
        f"{shown(error.path)} is not a backup{problem_text(error.problem)}.",
        "Name the .zip that 'nskeys backup' wrote, or the .kms in it; 'nskeys register list' knows them.",
        "Name the .zip that a backup wrote, or the .kms in it.",
    )


def _backup_damaged(error: BackupDamaged) -> Row:
    part = f" in {shown(error.part)}" if error.part else ""
    return Row(
        f"{shown(error.path)} is damaged{part}{problem_text(error.problem)}.",
        "Use another copy or an earlier backup; 'nskeys register list' says where they are.",
        f"Use another copy or an earlier backup. {_REGISTER}",
    )


def _backup_forged(error: BackupForged) -> Row:
    what = f"{shown(error.part)} in {shown(error.path)} is not what nskeys writes: somebody changed it."
    if error.part == "signature":
        what = (
            f"{shown(error.path)} names the key of this server as its signer, and is not signed by it: "
            "somebody made or changed it."
        )
    return Row(
        what,
        "Run nothing from this archive, type no password for it, and use another copy: "
        "'nskeys register list' says where they are.",
        f"Run nothing from it, type no password for it, and use another copy. {_REGISTER}",
    )


def _backup_foreign(error: BackupForeign) -> Row:
    if error.reasons == (ForeignReason.LACKS_KEYS,):
        return Row(
            f"{shown(error.path)} is not enough: {foreign_words(ForeignReason.LACKS_KEYS)}.",
            "Look for a newer one with 'nskeys register list'; if there is none, "
            "run 'nskeys restore FILE --accept-foreign'.",
            "Look for a newer one in the register (m); if there is none, restore from it (r): you are "
            "asked before.",
        )
    why = listed(tuple(foreign_words(reason) for reason in error.reasons))
    because = f": {why}" if why else ""
    return Row(
        f"{shown(error.path)} does not prove that it comes from this server{because}.",
        "If you know where it comes from, say so with 'nskeys restore FILE --accept-foreign'.",
        "If you know where it comes from, restore from it (r): you are asked before.",
    )


def _backup_not_proven(error: BackupNotProven) -> Row:
    if error.problem is Problem.MISSING:
        return Row(
            f"{shown(error.address)} was written, and there is no such file now, so there is no backup.",
            "Try that place with 'nskeys destination test DEST', or back up to another one with "
            "'nskeys backup --to DEST'.",
            "Test that place under Destinations (m), or back up to another one.",
        )
    return Row(
        f"A file was written to {shown(error.address)}, but reading it back failed"
        f"{problem_text(error.problem)}, so it is no backup.",
        "Remove that file, then back up to another place with 'nskeys backup --to DESTINATION'.",
        "Remove that file, then back up to another place.",
    )


def _no_backup_known(_: NoBackupKnown) -> Row:
    return Row(
        "The register knows no backup that can be read from here.",
        "Name the file itself, as in 'nskeys drill FILE' or 'nskeys restore FILE'.",
        "Name the file itself, typed or found by browsing.",
    )


def _no_such_backup(error: NoSuchBackup) -> Row:
    return Row(
        f"The register has no backup, or more than one, that is called {shown(error.reference)}.",
        "Give an address or the beginning of a hash as 'nskeys register list' shows them.",
        "Somebody changed the register meanwhile: look at it once more.",
    )


BACKUPS: Table = MappingProxyType(
    {
        NotABackup: _not_a_backup,
        BackupDamaged: _backup_damaged,
        BackupForged: _backup_forged,
        BackupForeign: _backup_foreign,
        BackupNotProven: _backup_not_proven,
        NoBackupKnown: _no_backup_known,
        NoSuchBackup: _no_such_backup,
    }
)

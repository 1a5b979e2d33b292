"""When a backup is none, is damaged, forged, foreign, not proven or not known."""

from types import MappingProxyType

from nskeys.errors import (
    BackupDamaged,
    BackupForeign,
    BackupForged,
    BackupNotProven,
    CopyKeyMissing,
    NoBackupKnown,
    NoSuchBackup,
    NotABackup,
    NothingToRestore,
    PartsMissing,
    PartsMixed,
    SeveralServers,
)
from nskeys.reasons import ForeignReason, Problem
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count
from nskeys.wording.text.sentence import Row, Table, listed, token_words
from nskeys.wording.text.terminal import shown

_NAMED = 3
_REGISTER = "The register in the menu (m) says where they are."
_SHOWN_PARTS = 10
_FOREIGN = MappingProxyType(
    {
        ForeignReason.NOT_VOUCHED: "nothing on this machine tells whose server key signed it",
        ForeignReason.OTHER_SIGNER: "it is signed by another server's key",
        ForeignReason.REPLACED_SIGNER: (
            "it is signed by an earlier server key of this server, after that key was replaced"
        ),
        ForeignReason.EARLIER_SIGNER: (
            "it is signed by an earlier server key of this server, and the register does not know it"
        ),
        ForeignReason.NAMED_OTHERWISE: "another server key signed it than the one that was named",
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
            f"{shown(error.path)} names a server key as its signer, and its signature does not hold: "
            "somebody made or changed it."
        )
    return Row(
        what,
        "Run nothing from this archive, type no password for it, and use another copy: "
        "'nskeys register list' says where they are.",
        f"Run nothing from it, type no password for it, and use another copy. {_REGISTER}",
    )


def _backup_foreign(error: BackupForeign) -> Row:
    why = listed(tuple(foreign_words(reason) for reason in error.reasons))
    because = f": {why}" if why else ""
    return Row(
        f"{shown(error.path)} does not prove that it comes from this server{because}; server key "
        f"{shown(error.server_key)} signed it.",
        "Compare that number with the server's runbook, and only if it is the same run "
        "'nskeys restore FILE --server-key THUMBPRINT' with the number on the runbook.",
        "Compare that number with the server's runbook, and only if it is the same restore from it (r): "
        "you are asked before.",
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


def _no_backup_known(error: NoBackupKnown) -> Row:
    if error.claimed:
        return Row(
            "The register names a backup that was not tried, because nothing on this machine vouches for "
            f"it: {listed(tuple(map(shown, error.claimed)), _NAMED)}.",
            "Name one whose address you know, as in 'nskeys restore FILE'.",
            "Name one whose address you know.",
        )
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


def _parts_missing(error: PartsMissing) -> Row:
    numbers = listed(tuple(shown(str(part)) for part in error.missing[:_SHOWN_PARTS]))
    are = "is" if len(error.missing) == 1 else "are"
    return Row(
        f"{shown(error.path)} is a part of a database copy of {error.parts} parts, and part {numbers} "
        f"{are} not there.",
        "Put all parts into one folder, or take another copy: 'nskeys register list' says where they are.",
        f"Put all parts into one folder, or take another copy. {_REGISTER}",
    )


def _parts_mixed(error: PartsMixed) -> Row:
    return Row(
        f"{shown(error.path)} and {shown(error.other)} are parts of different database copies.",
        "Name the parts of one copy; they have the same name up to the number of the part.",
        "Choose the parts of one copy; they have the same name up to the number of the part.",
    )


def _copy_key_missing(error: CopyKeyMissing) -> Row:
    return Row(
        f"The database copy {shown(error.path)} is encrypted to the copy key {shown(error.kid[:8])}, which "
        "is not in the key backup that was opened.",
        "Open it with a key backup that is as old as the copy or newer, or take an older copy.",
        "Open it with a key backup that is as old as the copy or newer, or take an older copy.",
    )


def _nothing_to_restore(error: NothingToRestore) -> Row:
    copies = f", but {count(error.copies, 'database copy')}" if error.copies else ""
    refused = listed(tuple(shown(one) for one in error.refused[:_SHOWN_PARTS]))
    why = f"; {refused} cannot be used" if refused else ""
    return Row(
        f"There is no key backup in {shown(error.place)}{copies}{why}.",
        "Name the place or the file where a key backup is: 'nskeys inspect FILE' shows what is in one.",
        "Choose the place or the file where a key backup is.",
    )


def _several_servers(error: SeveralServers) -> Row:
    named = listed(tuple(shown(key[:8]) for key in error.server_keys[:_SHOWN_PARTS]))
    return Row(
        f"Archives of more than one server key or CMDB lie in {shown(error.place)}, signed by {named}.",
        "Say which one by the runbook's number, '--server-key THUMBPRINT', or name the file.",
        "Choose the one whose number is on the runbook.",
    )


BACKUPS: Table = MappingProxyType(
    {
        NotABackup: _not_a_backup,
        BackupDamaged: _backup_damaged,
        BackupForged: _backup_forged,
        BackupForeign: _backup_foreign,
        BackupNotProven: _backup_not_proven,
        PartsMissing: _parts_missing,
        PartsMixed: _parts_mixed,
        CopyKeyMissing: _copy_key_missing,
        NoBackupKnown: _no_backup_known,
        NoSuchBackup: _no_such_backup,
        NothingToRestore: _nothing_to_restore,
        SeveralServers: _several_servers,
    }
)

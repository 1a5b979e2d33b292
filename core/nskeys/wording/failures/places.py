"""When a destination, a file or the CMDB cannot be reached, read or written."""

from types import MappingProxyType

from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    CmdbBusy,
    CmdbDamaged,
    CmdbUnreachable,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
)
from nskeys.wording.failures import buckets, servers
from nskeys.wording.failures.table import Table
from nskeys.wording.failures.tokens import clause
from nskeys.wording.sentence import Sentence, listed
from nskeys.wording.terminal import shown

_TO_CREATE = MappingProxyType(
    {
        "no_space": "Make room there, or name another place.",
        "not_permitted": "Run the command again with sudo, or name a place where this user may write.",
        "read_only": "Mount it writable, or name another place.",
        "missing_folder": "Make the folder, or mount what belongs there, and try again.",
        "not_a_folder": "Name a folder, or another place.",
        "name_too_long": "Name a place with a shorter path.",
        "name_taken": "Name another file, or move that one away; nothing is ever replaced.",
        "gone": "Check that it is mounted and its server runs, and try again.",
        **buckets.TO_CREATE,
    }
)
_TO_REMOVE = MappingProxyType(
    {
        **buckets.TO_REMOVE,
        "not_permitted": "Run the command again with sudo, or as a user who may remove files there.",
        "read_only": "Mount it writable, and try again.",
        "not_a_file": "Look at what lies there: it is nothing that nskeys wrote.",
    }
)
_TO_REACH = MappingProxyType(
    {
        **buckets.TO_REACH,
        **servers.TO_REACH,
        "no_answer": "Check that its server, or the one behind its mount, runs and can be reached",
    }
)
_SAVE_ANEW = "Save it as UTF-8 (in a Windows editor: choose that encoding when saving), then try again."
_TO_READ = MappingProxyType(
    {
        "missing": "Check the path, and whether what belongs there is mounted.",
        "not_permitted": "Run the command again with sudo, or as a user who may read it.",
        "not_a_file": "Name a file.",
        "utf16": _SAVE_ANEW,
        "utf32": _SAVE_ANEW,
        "gone": "Check that it is mounted and its server runs, and try again.",
    }
)


def _destination_invalid(error: DestinationInvalid) -> Sentence:
    return Sentence(
        f"{shown(error.destination)} cannot be used as a destination{clause(error.problem)}.",
        {**buckets.TO_NAME, **servers.TO_NAME}.get(
            error.problem, "Name a folder by its absolute path, for example /mnt/vault/backups."
        ),
    )


def to_reach(error: DestinationUnreachable) -> str:
    """The first half of a sentence: what to look at."""
    return _TO_REACH.get(error.problem, "Check that it is there and mounted")


def _destination_unreachable(error: DestinationUnreachable) -> Sentence:
    left = f"; the temporary file {shown(error.left)} was left there" if error.left else ""
    return Sentence(
        f"The destination {shown(error.destination)} cannot be reached{clause(error.problem)}{left}.",
        to_reach(error) + ", then try it with 'nskeys destination test DEST', "
        "or back up to another one with 'nskeys backup --to DEST'.",
    )


def _cannot_create(error: CannotCreate) -> Sentence:
    return Sentence(
        f"{shown(error.path)} cannot be written{clause(error.problem)}.",
        _TO_CREATE.get(error.problem, "Look into the system's log, or name another place."),
    )


def _cannot_remove(error: CannotRemove) -> Sentence:
    return Sentence(
        f"{shown(error.path)} cannot be removed{clause(error.problem)}.",
        _TO_REMOVE.get(error.problem, "Look into the system's log; until it is gone it stays listed."),
    )


def _file_unreadable(error: FileUnreadable) -> Sentence:
    return Sentence(
        f"{shown(error.path)} cannot be read{clause(error.problem)}.",
        _TO_READ.get(error.problem, "Check that it is the file that is meant, or use another copy."),
    )


def _cmdb_unreachable(error: CmdbUnreachable) -> Sentence:
    detail = f" ({shown(error.detail)})" if error.detail else ""
    return Sentence(
        f"The CMDB {shown(error.cmdb)} cannot be opened{clause(error.problem)}{detail}.",
        "Check that its file or its server is there, and the 'cmdb' line in config.toml.",
    )


def _cmdb_busy(error: CmdbBusy) -> Sentence:
    return Sentence(
        f"Another program holds the lock of the CMDB {shown(error.cmdb)}.",
        "Wait until it is done, or stop it, then run the command again.",
    )


def _cmdb_damaged(error: CmdbDamaged) -> Sentence:
    rows = f" (rows {listed(tuple(shown(row) for row in error.rows))})" if error.rows else ""
    table = f"The table {shown(error.table)} of the CMDB" if error.table else "The CMDB"
    return Sentence(
        f"{table} is not what nskeys writes{clause(error.problem)}{rows}.",
        "Bring the CMDB back from its own backup; the keys are not affected.",
    )


PLACES: Table = MappingProxyType(
    {
        DestinationInvalid: _destination_invalid,
        DestinationUnreachable: _destination_unreachable,
        CannotCreate: _cannot_create,
        CannotRemove: _cannot_remove,
        FileUnreadable: _file_unreadable,
        CmdbUnreachable: _cmdb_unreachable,
        CmdbBusy: _cmdb_busy,
        CmdbDamaged: _cmdb_damaged,
    }
)

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
        "no_flush": "Name a place on a file system that can flush (fsync), as ext4, XFS or ZFS can.",
        "not_flushed": "Look into the log of that server for errors of its disk, or name another place.",
        "not_kept": "Name another place: what cannot be found again is no backup.",
        "not_readable": "Let that user read what it writes there, or name another place.",
        "name_taken": "Name another file, or move that one away; nothing is ever replaced.",
        "gone": "Check that it is mounted and its server runs, and try again.",
        "too_many_open": "Raise the limit of open files, or end other programs, and try again.",
        "no_memory": "End other programs, and try again.",
        "in_use": "End what uses it, and try again.",
        "no_locks": (
            "Two changes at once could undo each other, so none is made without a lock: move the home to a "
            "local disk, or mount its file system with locks."
        ),
        "link_loop": "Correct the link, or name another place.",
        "no_working_folder": "Go to a folder that is there, or name it by its absolute path.",
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
_TO_READ = MappingProxyType(
    {
        "missing": "Check the path, and whether what belongs there is mounted.",
        "not_permitted": "Run the command again with sudo, or as a user who may read it.",
        "not_a_file": "Name a file.",
        "gone": "Check that it is mounted and its server runs, and try again.",
        "too_many_open": "Raise the limit of open files, or end other programs, and try again.",
        "no_memory": "End other programs, and try again.",
        "in_use": "End what uses it, and try again.",
        "others_write": "Look whether somebody changed it, then close it to others with 'chmod go= FILE'.",
        "io_error": "Look into the system's log and check the disk, or use another copy.",
        "link_loop": "Correct the link, or name another file.",
        "name_too_long": "Name a file with a shorter path.",
        "no_working_folder": "Go to a folder that is there, or name it by its absolute path.",
    }
)

_SAID = 120
"""Cells for what a server says."""


def _destination_invalid(error: DestinationInvalid) -> Sentence:
    return Sentence(
        f"{shown(error.destination)} cannot be used as a destination{clause(error.problem)}.",
        {**buckets.TO_NAME, **servers.TO_NAME}.get(
            error.problem, "Name a folder by its absolute path, for example /mnt/vault/backups."
        ),
    )


def to_reach(error: DestinationUnreachable, *, in_app: bool = False) -> str:
    """The first half of a sentence: what to look at."""
    if in_app and error.problem in servers.TO_REACH_IN_APP:
        return servers.TO_REACH_IN_APP[error.problem]
    return _TO_REACH.get(error.problem, "Check that it is there and mounted")


def _destination_unreachable(error: DestinationUnreachable) -> Sentence:
    said = f" ({shown(error.said, _SAID)})" if error.said else ""
    left = f"; the temporary file {shown(error.left)} was left there" if error.left else ""
    return Sentence(
        f"The destination {shown(error.destination)} cannot be reached{clause(error.problem)}{said}{left}.",
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

"""When a destination, a file or the CMDB cannot be reached, read or written."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
)
from nskeys.wording.errors import s3, ssh
from nskeys.wording.problems import problem_text
from nskeys.wording.text.sentence import Sentence, Table
from nskeys.wording.text.terminal import shown

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
        "link_loop": "Remove the link, or let it lead to a file.",
        "foreign_link": "Remove that link, or name a file in a folder that others may not write to.",
        "name_taken": "Name another file, or move that one away; nothing is ever replaced.",
        "gone": "Check that it is mounted and its server runs, and try again.",
        "too_many_open": "Raise the limit of open files, or end other programs, and try again.",
        "no_memory": "End other programs, and try again.",
        "in_use": "End what uses it, and try again.",
        "no_locks": (
            "Two changes at once could undo each other, so none is made without a lock: move the home to a "
            "local disk, or mount its file system with locks."
        ),
        "no_working_folder": "Go to a folder that is there, or name it by its absolute path.",
        **s3.TO_CREATE,
    }
)
_TO_REMOVE = MappingProxyType(
    {
        **s3.TO_REMOVE,
        "not_permitted": "Run the command again with sudo, or as a user who may remove files there.",
        "read_only": "Mount it writable, and try again.",
        "not_a_file": "Look at what lies there: it is nothing that nskeys wrote.",
    }
)
_TO_REACH = MappingProxyType(
    {
        **s3.TO_REACH,
        **ssh.TO_REACH,
        "not_mounted": "Mount it (if another disk or share is meant now, remove the destination and add it "
        "again)",
        "name_too_long": "Name a folder with a shorter path",
        "no_answer": "Check that its server, or the one behind its mount, runs and can be reached",
    }
)
_SAVE_ANEW = "Save it as UTF-8 (in a Windows editor: choose that encoding when saving), then try again."
_TO_READ = MappingProxyType(
    {
        "missing": "Check the path, and whether what belongs there is mounted.",
        "not_permitted": "Run the command again with sudo, or as a user who may read it.",
        "not_a_file": "Name a file.",
        "name_too_long": "Move it to a folder with a shorter path.",
        "link_loop": "Remove the link, or let it lead to a file.",
        "dangling_link": "Bring back what it leads to, or remove the link.",
        "utf16": _SAVE_ANEW,
        "utf32": _SAVE_ANEW,
        "gone": "Check that it is mounted and its server runs, and try again.",
        "too_many_open": "Raise the limit of open files, or end other programs, and try again.",
        "no_memory": "End other programs, and try again.",
        "in_use": "End what uses it, and try again.",
        "others_write": "Look whether somebody changed it, then close it to others with 'chmod go= FILE'.",
        "io_error": "Look into the system's log and check the disk, or use another copy.",
        "no_working_folder": "Go to a folder that is there, or name it by its absolute path.",
    }
)

_SAID = 120
"""Cells for what a server says."""


_TO_NAME = MappingProxyType(
    {
        **s3.TO_NAME,
        **ssh.TO_NAME,
        "other_style": "Write sftp://user@host/path for a server, or the path of a folder.",
        "share": "Mount it, and name the folder where it is mounted, for example /mnt/vault.",
        "unknown_scheme": "Name a folder by its path, sftp://user@host/path or s3://bucket/prefix.",
    }
)


_ON_A_SERVER = MappingProxyType(
    {
        "not_permitted": "Let its user do that on that server, or name another place.",
        "read_only": "Let that server mount it writable, or name another place.",
        "missing_folder": "Make the folder on that server, and try again.",
    }
)
"""What to do there: nothing that is done on this machine helps."""
_ON_A_SERVER_TO_REACH = MappingProxyType(
    {
        "not_permitted": "Let its user into that folder on that server",
        "not_a_folder": "Name a folder of that server",
        "missing_folder": "Make the folder on that server",
    }
)
_LOG_OR_ANOTHER = "Look into the {log}, or name another place."


def _advice(address: str, problem: str, known: Mapping[str, str], otherwise: str) -> str:
    there = _is_on_a_server(address)
    if there and problem in _ON_A_SERVER:
        return _ON_A_SERVER[problem]
    return known.get(problem, otherwise.format(log="log of that server" if there else "system's log"))


def _destination_invalid(error: DestinationInvalid) -> Sentence:
    advice = _TO_NAME.get(
        error.problem, "Name a folder by its absolute path, for example /mnt/vault/backups."
    )
    if error.instead:
        advice = f"Write {shown(error.instead)}."
    if error.there:
        advice += f" What has this very name in the present folder is ./{shown(error.destination)}."
    return Sentence(
        f"{shown(error.destination)} cannot be used as a destination{problem_text(error.problem)}.", advice
    )


def to_reach(error: DestinationUnreachable, *, in_app: bool = False) -> str:
    """The first half of a sentence: what to look at."""
    if in_app and error.problem in ssh.TO_REACH_IN_APP:
        return ssh.TO_REACH_IN_APP[error.problem]
    if _is_on_a_server(error.destination):
        return {**_TO_REACH, **_ON_A_SERVER_TO_REACH}.get(
            error.problem, "Check that it is there and mounted"
        )
    return _TO_REACH.get(error.problem, "Check that it is there and mounted")


def _refusal(address: str, problem: str, said: str = "") -> str:
    """The end of what happened; on a server its own words where it said some."""
    words = (
        "the server does not permit it" if _is_on_a_server(address) and problem == "not_permitted" else ""
    )
    told = f" ('{shown(said, _SAID)}')" if said else ""
    return (f": {words}" if words else problem_text(problem)) + told


def _is_on_a_server(address: str) -> bool:
    return address.startswith(("sftp://", "s3://"))


def _destination_unreachable(error: DestinationUnreachable) -> Sentence:
    left = f"; the temporary file {shown(error.left)} was left there" if error.left else ""
    return Sentence(
        f"The destination {shown(error.destination)} cannot be reached"
        f"{_refusal(error.destination, error.problem, error.said)}{left}.",
        to_reach(error) + ", then try it with 'nskeys destination test DEST', "
        "or back up to another one with 'nskeys backup --to DEST'.",
    )


def _cannot_create(error: CannotCreate) -> Sentence:
    return Sentence(
        f"{shown(error.path)} cannot be written{_refusal(error.path, error.problem, error.said)}.",
        _advice(error.path, error.problem, _TO_CREATE, _LOG_OR_ANOTHER),
    )


def _cannot_remove(error: CannotRemove) -> Sentence:
    return Sentence(
        f"{shown(error.path)} cannot be removed{_refusal(error.path, error.problem)}.",
        _advice(
            error.path, error.problem, _TO_REMOVE, "Look into the {log}; until it is gone it stays listed."
        ),
    )


def _file_unreadable(error: FileUnreadable) -> Sentence:
    return Sentence(
        f"{shown(error.path)} cannot be read{_refusal(error.path, error.problem)}.",
        _advice(
            error.path,
            error.problem,
            _TO_READ,
            "Check that it is the file that is meant, or use another copy.",
        ),
    )


PLACES: Table = MappingProxyType(
    {
        DestinationInvalid: _destination_invalid,
        DestinationUnreachable: _destination_unreachable,
        CannotCreate: _cannot_create,
        CannotRemove: _cannot_remove,
        FileUnreadable: _file_unreadable,
    }
)

"""When a destination or a file cannot be reached, read or written."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
)
from nskeys.reasons import AnyProblem, Problem
from nskeys.wording.errors import s3, ssh
from nskeys.wording.problems import problem_text
from nskeys.wording.text.sentence import WITH_SUDO, Row, Table, alike
from nskeys.wording.text.terminal import shown

_TO_CREATE: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.NO_SPACE: "Make room there, or name another place.",
        Problem.NOT_PERMITTED: (
            "Run the command again with sudo, or name a place where this user may write."
        ),
        Problem.READ_ONLY: "Mount it writable, or name another place.",
        Problem.MISSING_FOLDER: "Make the folder, or mount what belongs there, and try again.",
        Problem.NOT_A_FOLDER: "Name a folder, or another place.",
        Problem.NAME_TOO_LONG: "Name a place with a shorter path.",
        Problem.NO_FLUSH: "Name a place on a file system that can flush (fsync), as ext4, XFS or ZFS can.",
        Problem.NOT_FLUSHED: (
            "Look into the log of that server for errors of its disk, or name another place."
        ),
        Problem.NOT_KEPT: "Name another place: what cannot be found again is no backup.",
        Problem.NOT_READABLE: "Let that user read what it writes there, or name another place.",
        Problem.LINK: "Remove the link, or name the file that it leads to.",
        Problem.LINK_LOOP: "Remove the link, or let it lead to a file.",
        Problem.FOREIGN_LINK: "Remove that link, or name a file in a folder that others may not write to.",
        Problem.NAME_TAKEN: "Name another file, or move that one away; nothing is ever replaced.",
        Problem.GONE: "Check that it is mounted and its server runs, and try again.",
        Problem.TOO_MANY_OPEN: "Raise the limit of open files, or end other programs, and try again.",
        Problem.NO_MEMORY: "End other programs, and try again.",
        Problem.IN_USE: "End what uses it, and try again.",
        Problem.NO_LOCKS: (
            "Two changes at once could undo each other, so none is made without a lock: move the home to a "
            "local disk, or mount its file system with locks."
        ),
        Problem.NO_WORKING_FOLDER: "Go to a folder that is there, or name it by its absolute path.",
        **s3.TO_CREATE,
    }
)
_TO_REMOVE: Mapping[AnyProblem, str] = MappingProxyType(
    {
        **s3.TO_REMOVE,
        Problem.NOT_PERMITTED: "Run the command again with sudo, or as a user who may remove files there.",
        Problem.READ_ONLY: "Mount it writable, and try again.",
        Problem.NOT_A_FILE: "Look at what lies there: it is nothing that nskeys wrote.",
    }
)
_TO_REACH: Mapping[AnyProblem, str] = MappingProxyType(
    {
        **s3.TO_REACH,
        **ssh.TO_REACH,
        Problem.NOT_MOUNTED: (
            "Mount it (if another disk or share is meant now, remove the destination and add it again)"
        ),
        Problem.NAME_TOO_LONG: "Name a folder with a shorter path",
        Problem.NO_ANSWER: "Check that its server, or the one behind its mount, runs and can be reached",
    }
)
_SAVE_ANEW = "Save it as UTF-8 (in a Windows editor: choose that encoding when saving), then try again."
_TO_READ: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.MISSING: "Check the path, and whether what belongs there is mounted.",
        Problem.NOT_PERMITTED: "Run the command again with sudo, or as a user who may read it.",
        Problem.NOT_A_FILE: "Name a file.",
        Problem.NAME_TOO_LONG: "Move it to a folder with a shorter path.",
        Problem.LINK_LOOP: "Remove the link, or let it lead to a file.",
        Problem.DANGLING_LINK: "Bring back what it leads to, or remove the link.",
        Problem.UTF16: _SAVE_ANEW,
        Problem.UTF32: _SAVE_ANEW,
        Problem.GONE: "Check that it is mounted and its server runs, and try again.",
        Problem.TOO_MANY_OPEN: "Raise the limit of open files, or end other programs, and try again.",
        Problem.NO_MEMORY: "End other programs, and try again.",
        Problem.IN_USE: "End what uses it, and try again.",
        Problem.OTHERS_WRITE: (
            "Look whether somebody changed it, then close it to others with 'chmod go= FILE'."
        ),
        Problem.IO_ERROR: "Look into the system's log and check the disk, or use another copy.",
        Problem.NO_WORKING_FOLDER: "Go to a folder that is there, or name it by its absolute path.",
    }
)

_SAID = 120
"""Cells for what a server says."""


_TO_NAME = MappingProxyType(
    {
        **s3.TO_NAME,
        **ssh.TO_NAME,
        Problem.OTHER_STYLE: "Write sftp://user@host/path for a server, or the path of a folder.",
        Problem.SHARE: "Mount it, and name the folder where it is mounted, for example /mnt/vault.",
        Problem.UNKNOWN_SCHEME: "Name a folder by its path, sftp://user@host/path or s3://bucket/prefix.",
    }
)


_ON_A_SERVER: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.NOT_PERMITTED: "Let its user do that on that server, or name another place.",
        Problem.READ_ONLY: "Let that server mount it writable, or name another place.",
        Problem.MISSING_FOLDER: "Make the folder on that server, and try again.",
        Problem.IO_ERROR: "Look into the log of that server and check its disk, or use another place.",
    }
)
"""What to do there: nothing that is done on this machine helps."""
_ON_A_SERVER_TO_REACH: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.NOT_PERMITTED: "Let its user into that folder on that server",
        Problem.NOT_A_FOLDER: "Name a folder of that server",
        Problem.MISSING_FOLDER: "Make the folder on that server",
    }
)
_LOG_OR_ANOTHER = "Look into the {log}, or name another place."


def _row(
    what: str, address: str, problem: AnyProblem, known: Mapping[AnyProblem, str], otherwise: str
) -> Row:
    """Return the row; what helps depends on whether the address is on a server."""
    there = _is_on_a_server(address)
    if there and problem in _ON_A_SERVER:
        return alike(what, _ON_A_SERVER[problem])
    advice = known.get(problem, otherwise.format(log="log of that server" if there else "system's log"))
    return Row(what, advice, WITH_SUDO if problem is Problem.NOT_PERMITTED else advice)


def _destination_invalid(error: DestinationInvalid) -> Row:
    advice = _TO_NAME.get(
        error.problem, "Name a folder by its absolute path, for example /mnt/vault/backups."
    )
    by_key = ssh.TO_NAME_IN_APP.get(error.problem, advice)
    if error.instead:
        advice = by_key = f"Write {shown(error.instead)}."
    if error.there:
        there = f" What has this very name in the present folder is ./{shown(error.destination)}."
        advice, by_key = advice + there, by_key + there
    return Row(
        f"{shown(error.destination)} cannot be used as a destination{problem_text(error.problem)}.",
        advice,
        by_key,
    )


def to_reach(error: DestinationUnreachable, *, in_app: bool = False) -> str:
    """Return the first half of a sentence: what to look at."""
    if in_app and error.problem in ssh.TO_REACH_IN_APP:
        return ssh.TO_REACH_IN_APP[error.problem]
    if _is_on_a_server(error.destination):
        return {**_TO_REACH, **_ON_A_SERVER_TO_REACH}.get(
            error.problem, "Check that it is there and mounted"
        )
    return _TO_REACH.get(error.problem, "Check that it is there and mounted")


def _refusal(address: str, problem: AnyProblem, said: str = "") -> str:
    """Return the end of what happened, with a server's own words where it said some."""
    words = (
        "the server does not permit it"
        if _is_on_a_server(address) and problem is Problem.NOT_PERMITTED
        else ""
    )
    told = f" ('{shown(said, _SAID)}')" if said else ""
    return (f": {words}" if words else problem_text(problem)) + told


def _is_on_a_server(address: str) -> bool:
    return address.startswith(("sftp://", "s3://"))


def _destination_unreachable(error: DestinationUnreachable) -> Row:
    left = f"; the temporary file {shown(error.left)} was left there" if error.left else ""
    return Row(
        f"The destination {shown(error.destination)} cannot be reached"
        f"{_refusal(error.destination, error.problem, error.said)}{left}.",
        to_reach(error) + ", then try it with 'nskeys destination test DEST', "
        "or back up to another one with 'nskeys backup --to DEST'.",
        f"{to_reach(error, in_app=True)}, or choose another one.",
    )


def _cannot_create(error: CannotCreate) -> Row:
    return _row(
        f"{shown(error.path)} cannot be written{_refusal(error.path, error.problem, error.said)}.",
        error.path,
        error.problem,
        _TO_CREATE,
        _LOG_OR_ANOTHER,
    )


def _cannot_remove(error: CannotRemove) -> Row:
    return _row(
        f"{shown(error.path)} cannot be removed{_refusal(error.path, error.problem)}.",
        error.path,
        error.problem,
        _TO_REMOVE,
        "Look into the {log}; until it is gone it stays listed.",
    )


def _file_unreadable(error: FileUnreadable) -> Row:
    return _row(
        f"{shown(error.path)} cannot be read{_refusal(error.path, error.problem)}.",
        error.path,
        error.problem,
        _TO_READ,
        "Check that it is the file that is meant, or use another copy.",
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

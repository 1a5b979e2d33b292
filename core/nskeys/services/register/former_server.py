"""What a database tells of the server that it was on: its name, and how the keys were bound there.

On new hardware nothing authenticates this, so nothing relies on it: the name is a suggestion, and a warning
is given where the keys would be bound more weakly than before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nskeys.archive.limits import check_server
from nskeys.errors import FieldInvalid
from nskeys.model.audit import Action, members_of
from nskeys.ports import CmdbView
from nskeys.services.installation import Installation
from nskeys.services.register.signed_rows import read_register

_PROTECTORS = ("tpm2", "pkcs11", "passphrase", "file")
_TELLS = {
    Action.SET_UP.value: ("", "protector"),
    Action.LOSS_ACCEPTED.value: ("", "protector"),
    Action.PROTECTOR_CHANGED.value: (None, "after"),
    Action.RESTORED.value: ("server", "protector"),
}
"""By action: the detail with the server's name (empty: it is the subject, None: it does not say), and the
one with the protector."""
_MARKS = tuple(f'"action":"{action}"' for action in _TELLS)


@dataclass(frozen=True, slots=True)
class FormerServer:
    """Empty for what the database does not tell."""

    name: str = ""
    protector: str = ""


def former_server(installation: Installation) -> FormerServer:
    """Return what the audit trail says, its last line first, and else the name in the newest registered
    backup."""
    if not installation.cmdb.exists():
        return FormerServer()
    name = protector = ""
    with installation.cmdb.reading() as view:
        for told_name, told_protector in _told(view):
            name, protector = told_name or name, told_protector or protector
        copies = read_register(view, installation.server_public()).copies
    newest = max(copies, key=lambda copy: copy.backup.generation, default=None)
    if newest is not None and _usable(newest.backup.server):
        name = newest.backup.server
    return FormerServer(name, protector)


def _told(view: CmdbView) -> Iterator[tuple[str, str]]:
    after = 0
    while entries := view.audit_entries(after):
        after = entries[-1].number
        for entry in entries:
            if any(mark in entry.line for mark in _MARKS):
                yield _read(entry.line)


def _read(line: str) -> tuple[str, str]:
    """Return name and protector in a line of the trail; empty where nskeys did not write it."""
    told = members_of(line)
    action, details = told.get("action"), told.get("details")
    if not isinstance(action, str) or action not in _TELLS or not isinstance(details, Mapping):
        return "", ""
    where, what = _TELLS[action]
    name = told.get("subject") if where == "" else details.get(where) if where else ""
    protector = details.get(what)
    return (name if isinstance(name, str) and _usable(name) else ""), (
        protector if isinstance(protector, str) and protector in _PROTECTORS else ""
    )


def _usable(name: str) -> bool:
    """Return whether a server can have this name."""
    try:
        check_server(name)
    except FieldInvalid:
        return False
    return True

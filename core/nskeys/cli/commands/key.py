"""`nskeys key`: the keys of this server, and their rotation."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli import answer_documents, documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.cli.status_text import KEY_HEADINGS, PLACE_CELLS, key_cells
from nskeys.errors import AmbiguousKey, NoSuchKey
from nskeys.wording.copies import copy_place
from nskeys.wording.keys import compromised_lines
from nskeys.wording.labels import key_state_name, state_name
from nskeys.wording.reports import MISSING_KEY, in_backups, rotation_lines
from nskeys.wording.text.numbers import number
from nskeys.wording.text.times import when

if TYPE_CHECKING:
    from nskeys.model.recoverability import KeyCoverage


def list_keys(session: Session, _: Namespace) -> int:
    keys = session.services().recoverability.assess().keys
    if session.output.as_json:
        session.output.array("key", map(documents.key, keys))
    else:
        session.output.table(KEY_HEADINGS, map(key_cells, keys))
    return Exit.DONE


def show_key(session: Session, options: Namespace) -> int:
    overview = session.services().recoverability.overview()
    key = _find(overview.recoverability.keys, options.kid)
    if session.output.as_json:
        session.output.document("key-detail", answer_documents.shown_key(key))
        return Exit.DONE
    info = key.info
    facts = [("key", str(key.kid)), ("state", key_state_name(info.state) if info else MISSING_KEY)]
    if info is not None:
        facts += [("since", when(info.state_since)), ("created", when(info.created))]
    facts += [
        (
            "credentials",
            number(key.credentials) + (f", {state_name(key.state)}" if key.credentials else ""),
        ),
        ("backups", in_backups(key.backups)),
        *(("comes back from", copy_place(copy, PLACE_CELLS, overview.taken)) for copy in key.good_copies),
    ]
    session.output.facts(facts)
    return Exit.DONE


def rotate_key(session: Session, options: Namespace) -> int:
    """Do the next step of a rotation."""
    rotation = session.services().rotation
    plan = rotation.plan()
    with session.progress() as progress:
        report = rotation.execute(plan, session.secrets, options.without_backup, progress)
    # A key that waits needs a backup elsewhere, even where one on this machine holds it; where a backup
    # elsewhere holds it, a drill of that is due and no further backup.
    drill_due = report.held_by is not None and report.held_by.lies_well
    backup_due = bool(report.due) or (report.waits and not drill_due)
    if session.output.as_json:
        session.output.document("rotation", documents.rotated(report, backup_due))
    else:
        session.output.facts(
            [
                ("key", str(report.kid)),
                ("state", key_state_name(report.state)),
                ("resealed", number(report.resealed)),
            ]
        )
    session.output.say(*rotation_lines(report))
    return Exit.INCOMPLETE if backup_due or drill_due or report.left else Exit.DONE


def compromise_key(session: Session, options: Namespace) -> int:
    """Mark a key as compromised."""
    services = session.services()
    marked = services.compromise.execute(options.kid, session.secrets)
    key = _find(services.recoverability.assess().keys, marked.kid)
    if session.output.as_json:
        session.output.document("key", documents.key(key))
    else:
        session.output.facts([("key", str(key.kid)), ("state", key_state_name(marked.state))])
    session.output.say(*compromised_lines(key.credentials))
    return Exit.DONE


def _find(keys: "tuple[KeyCoverage, ...]", prefix: str) -> "KeyCoverage":
    matches = [key for key in keys if prefix and key.kid.startswith(prefix.lower())]
    if not matches:
        raise NoSuchKey(prefix)
    if len(matches) > 1:
        raise AmbiguousKey(prefix, tuple(key.kid for key in matches))
    return matches[0]

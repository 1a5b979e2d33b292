"""`nskeys custodians`: several people who open the backups together."""

from argparse import Namespace
from pathlib import Path

from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.errors import Cancelled
from nskeys.model.custodians import Custodians, Split
from nskeys.model.recovery import RecoveryIdentity
from nskeys.model.signed_json import Json
from nskeys.model.times import to_rfc3339
from nskeys.wording.custodians import (
    IN_FILES,
    LEFT,
    NONE,
    ON_DISK,
    THEN_CHECK,
    check_lines,
    files_line,
    made_line,
    plan_lines,
    state_rows,
)
from nskeys.wording.page import page_html, page_lines
from nskeys.wording.recovery import NOT_CHECKED
from nskeys.wording.share_sheets import sheet_name, sheet_page

_CHECK = "'nskeys custodians check' does that."


def show(session: Session, _: Namespace) -> int:
    """Show the custodians' identity in force and the one that waits."""
    state = session.services().custodians.show()
    if session.output.as_json:
        session.output.document("custodians", _state(state))
    else:
        session.output.facts(state_rows(state))
    if state.waiting is not None:
        session.output.say(NOT_CHECKED, _CHECK)
    elif state.in_force is None:
        session.output.say(NONE)
    return Exit.DONE


def split(session: Session, options: Namespace) -> int:
    """Make new shares and show them, or write them into files."""
    from nskeys.cli.share_sheets import require_terminal
    from nskeys.services.recovery.sheet_files import in_memory

    if options.html and options.sheets is None:
        raise UsageProblem("--html is for files: say where with --sheets DIR", options.command)
    if session.output.as_json and options.sheets is None:
        raise UsageProblem("--json needs --sheets DIR: no share is ever part of it", options.command)
    services = session.services()
    plan = services.custodians.plan(options.shares, options.threshold)
    folder = None
    if options.sheets is None:
        require_terminal()
    else:
        folder = services.custodians.sheets_folder(options.sheets)
        if not in_memory(folder):
            session.output.say(ON_DISK)
    session.output.say(*plan_lines(plan))
    with session.progress() as progress:
        made = services.custodians.split(plan, session.secrets, progress)
    with made.shares:
        session.output.say(made_line(made.facts.shares, made.facts.set_name))
        files = _hand_out(session, made) if folder is None else _write(made, folder, options.html)
    if session.output.as_json:
        session.output.document(
            "custodians-split", {**_identity(services.custodians.show().waiting), "files": [*files]}
        )
    if folder is not None:
        session.output.say(files_line(len(files), str(folder)), IN_FILES)
    session.output.say(THEN_CHECK, _CHECK)
    return Exit.DONE


def _hand_out(session: Session, made: Split) -> list[str]:
    from nskeys.cli.share_sheets import show_sheets

    try:
        show_sheets(made)
    except (Cancelled, KeyboardInterrupt):
        session.output.say(LEFT)
        raise
    return []


def _write(made: Split, folder: Path, html: bool) -> list[str]:
    from nskeys.services.recovery.sheet_files import write_sheets

    sheets = []
    for share in made.shares.held:
        page = sheet_page(made.facts, share)
        text = page_html(page) if html else "\n".join(page_lines(page)) + "\n"
        sheets.append((sheet_name(made.facts, share, "html" if html else "txt"), text))
    return write_sheets(folder, sheets)


def check(session: Session, _: Namespace) -> int:
    """Ask for every share and prove it."""
    with session.progress() as progress:
        report = session.services().custodians.check(session.secrets, progress)
    if session.output.as_json:
        session.output.document("custodians-check", {**_identity(report.identity), "first": report.first})
    session.output.say(*check_lines(report))
    return Exit.DONE


def _state(state: Custodians) -> dict[str, Json]:
    return {
        "in_force": _identity(state.in_force) or None,
        "waiting": _identity(state.waiting) or None,
        "earlier": [{"number": one.number, "recipient": one.recipient} for one in state.earlier],
    }


def _identity(identity: RecoveryIdentity | None) -> dict[str, Json]:
    if identity is None:
        return {}
    return {
        "number": identity.number,
        "set": identity.set_name,
        "shares": identity.shares,
        "threshold": identity.threshold,
        "recipient": identity.recipient,
        "created": to_rfc3339(identity.created),
    }

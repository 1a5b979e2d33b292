"""`nskeys credential import`: another program's export, all of it or nothing."""

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from nskeys.cli.commands.options import identity_of
from nskeys.cli.documents import Document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import STANDARD_INPUT, read_input
from nskeys.cli.next_copy import say_next_copy
from nskeys.cli.session import Session
from nskeys.errors import BadRow, ImportRefused
from nskeys.model.credentials import CredentialKind
from nskeys.model.imports import ExportFolder, ImportPlan, ImportReport, ImportWishes, Reading
from nskeys.model.recoverability import RecoveryState
from nskeys.wording.imports import (
    KIND_RULE,
    dropped_line,
    export_line,
    import_lines,
    kind_reason,
    left_out_lines,
    moved_lines,
    plan_line,
    states_line,
)
from nskeys.wording.labels import kind_name
from nskeys.wording.reports import NOTHING_CHANGED

LIMIT = 64 * 1024 * 1024
"""Bytes of an export; the importer says so where there are more."""
_STDIN_NAME = "standard input"
_HEADINGS = ("row", "kind", "why", "name", "target", "account")


def run(session: Session, options: Namespace) -> int:
    """Plan the import; carry it out unless only the plan is wanted."""
    services = session.services()
    services.about.require()
    source = _STDIN_NAME if options.export == STANDARD_INPUT else options.export
    data = _read(options.export)
    kind = CredentialKind(options.kind) if options.kind else None
    reading = Reading(options.encoding or "", options.delimiter or "")
    if isinstance(options.columns, str):
        known = services.imports.remembered(options.columns)
        reading = replace(
            known,
            encoding=reading.encoding or known.encoding,
            delimiter=reading.delimiter or known.delimiter,
        )
    elif options.columns:
        reading = replace(reading, columns=options.columns)
    wishes = ImportWishes(
        kind,
        options.skip_bad,
        options.with_deleted,
        options.empty_secrets,
        options.update,
        reading,
    )
    with (
        identity_of(options) as opening,
        services.imports.plan(source, data, session.secrets, wishes, opening) as prepared,
    ):
        if options.plan:
            return _show(session, prepared.plan, options.skip_bad)
        with session.progress() as progress:
            report = services.imports.execute(prepared, session.secrets, progress)
    if options.remember and reading.columns:
        services.imports.remember(options.remember, reading)
    if session.output.as_json:
        session.output.document("import", import_document(report))
        session.output.say(import_lines(report)[0])
    else:
        session.output.sentences(import_lines(report))
    session.output.say(export_line(report))
    if services.recoverability.assess().database_due:
        say_next_copy(session, services, RecoveryState.AT_RISK)
    return Exit.DONE


def _read(path: str) -> bytes | ExportFolder:
    if path != STANDARD_INPUT and Path(path).is_dir():
        return ExportFolder(path)
    return bytes(read_input(path, LIMIT))


def _show(session: Session, plan: ImportPlan, skip_bad: bool) -> int:
    """Print the plan, and end as the import would. Raises ImportRefused with every bad row."""
    refused = bool(plan.bad) and not skip_bad
    if session.output.as_json:
        session.output.document("import-plan", import_plan_document(plan, refused))
    else:
        session.output.sentences([plan_line(plan), states_line(plan), KIND_RULE, ""])
        session.output.table(
            _HEADINGS,
            (
                (
                    str(item.row),
                    kind_name(item.fields.kind),
                    kind_reason(item),
                    item.fields.name,
                    item.fields.target,
                    item.fields.account,
                )
                for item in plan.credentials
            ),
        )
        session.output.sentences(moved_lines(plan.credentials))
        session.output.sentences(left_out_lines(plan.left_out))
        session.output.sentences(dropped_line(field) for field in plan.dropped)
    session.output.say(NOTHING_CHANGED)
    if refused:
        raise ImportRefused(plan.source, plan.bad)
    return Exit.DONE


def import_document(report: ImportReport) -> Document:
    """Return the document of `credential import`."""
    return _import(report.imported, report.skipped, report.renamed, report, report.present, report.updated)


def import_plan_document(plan: ImportPlan, refused: bool) -> Document:
    """Return the document of `credential import --plan`: what the same command without `--plan` would
    print."""
    renamed = tuple((item.renamed_from, item.fields.name) for item in plan.credentials if item.renamed_from)
    updated = 0 if refused else plan.counts.updated
    count = 0 if refused else len(plan.credentials)
    return _import(count, plan.bad, renamed, plan, len(plan.present), updated)


def _import(
    count: int,
    bad: Iterable[BadRow],
    renamed: Iterable[tuple[str, str]],
    rest: ImportPlan | ImportReport,
    present: int,
    updated: int,
) -> Document:
    return {
        "imported": count,
        "skipped": [_row(row) for row in bad],
        "renamed": [{"from": before, "to": after} for before, after in renamed],
        "dropped": [
            {"field": field.field, "rows": field.rows, "titles": list(field.titles)}
            for field in rest.dropped
        ],
        "left_out": [_row(row) for row in rest.left_out],
        "present": present,
        "updated": updated,
    }


def _row(row: BadRow) -> Document:
    return {"row": row.row, "title": row.title, "field": row.field, "problem": row.problem}

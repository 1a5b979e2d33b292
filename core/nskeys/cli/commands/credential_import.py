"""`nskeys credential import`: another program's export, all of it or nothing."""

from argparse import Namespace
from collections.abc import Iterable

from nskeys.cli.documents import Document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import STANDARD_INPUT, read_input
from nskeys.cli.session import Session
from nskeys.errors import BadRow, ImportRefused
from nskeys.model.credentials import CredentialKind
from nskeys.model.imports import ImportPlan, ImportReport
from nskeys.wording.imports import (
    KIND_RULE,
    dropped_line,
    export_line,
    import_lines,
    kind_reason,
    plan_line,
)
from nskeys.wording.labels import kind_name
from nskeys.wording.reports import NOTHING_CHANGED

LIMIT = 64 * 1024 * 1024
"""Bytes of an export; the importer says so where there are more."""
_STDIN_NAME = "standard input"
_HEADINGS = ("row", "kind", "why", "name", "target", "account")


def run(session: Session, options: Namespace) -> int:
    """Plan it; carry it out unless only the plan is wanted."""
    services = session.services()
    services.about.require()
    source = _STDIN_NAME if options.export == STANDARD_INPUT else options.export
    data = bytes(read_input(options.export, LIMIT))
    kind = CredentialKind(options.kind) if options.kind else None
    with services.imports.plan(source, data, kind, options.skip_bad) as prepared:
        if options.plan:
            return _show(session, prepared.plan, options.skip_bad)
        with session.progress() as progress:
            report = services.imports.execute(prepared, session.secrets, progress)
    if session.output.as_json:
        session.output.document(import_document(report))
        session.output.say(import_lines(report)[0])
    else:
        session.output.lines(import_lines(report))
    session.output.say(export_line(report))
    return Exit.DONE


def _show(session: Session, plan: ImportPlan, skip_bad: bool) -> int:
    """The plan. What would be refused ends as it would: ImportRefused names every bad row."""
    refused = bool(plan.bad) and not skip_bad
    if session.output.as_json:
        session.output.document(import_plan_document(plan, refused))
    else:
        session.output.lines([plan_line(plan), KIND_RULE, ""])
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
        session.output.lines(dropped_line(field.field, field.rows) for field in plan.dropped)
    session.output.say(NOTHING_CHANGED)
    if refused:
        raise ImportRefused(plan.source, plan.bad)
    return Exit.DONE


def import_document(report: ImportReport) -> Document:
    """`credential import`."""
    return _import(report.imported, report.skipped, report.renamed, report)


def import_plan_document(plan: ImportPlan, refused: bool) -> Document:
    """`credential import --plan`: what the same command without `--plan` would print."""
    renamed = tuple((item.renamed_from, item.fields.name) for item in plan.credentials if item.renamed_from)
    return _import(0 if refused else len(plan.credentials), plan.bad, renamed, plan)


def _import(
    count: int, bad: Iterable[BadRow], renamed: Iterable[tuple[str, str]], rest: ImportPlan | ImportReport
) -> Document:
    return {
        "imported": count,
        "skipped": [
            {"row": row.row, "title": row.title, "field": row.field, "problem": row.problem} for row in bad
        ],
        "renamed": [{"from": before, "to": after} for before, after in renamed],
        "dropped": [{"field": field.field, "rows": field.rows} for field in rest.dropped],
    }

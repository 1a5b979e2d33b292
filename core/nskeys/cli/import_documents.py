"""An import as JSON; the same contract as `documents`."""

from collections.abc import Iterable

from nskeys.cli.documents import Document
from nskeys.errors import BadRow
from nskeys.model.imports import ImportPlan, ImportReport


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

"""An import's plan and report as rows: what becomes what and why, what is left out, what was renamed."""

from nskeys.errors import BadRow
from nskeys.model.imports import ImportedCredential, ImportPlan, ImportReport
from nskeys.wording.errors.credentials import row_problem
from nskeys.wording.imports import kind_reason
from nskeys.wording.labels import kind_name
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe

Cells = tuple[str, tuple[str, ...], str]
"""A row's key, its cells and its style."""


def plan_total(plan: ImportPlan) -> int:
    """How many rows the plan's table has."""
    return len(plan.bad) + len(plan.credentials)


def plan_cells(plan: ImportPlan, number: int) -> Cells:
    """Row `number` of the plan: those that cannot be taken stand first."""
    if number < len(plan.bad):
        return _bad_cells(str(number), plan.bad[number])
    return _good_cells(str(number), plan.credentials[number - len(plan.bad)])


def _bad_cells(key: str, row: BadRow) -> Cells:
    return key, (number(row.row), "-", safe(row.title), row_problem(row), "!"), "error"


def _good_cells(key: str, item: ImportedCredential) -> Cells:
    cells = (number(item.row), kind_name(item.fields.kind), safe(item.fields.name), _why(item), "")
    return key, cells, ""


def _why(item: ImportedCredential) -> str:
    was = f"was {safe(item.renamed_from)}; " if item.renamed_from else ""
    return f"{was}{kind_reason(item, 'chosen')}"


def plan_about(plan: ImportPlan, number: int) -> tuple[tuple[str, str], ...]:
    """A row of the plan in full."""
    if number < len(plan.bad):
        return (("Problem", row_problem(plan.bad[number])),)
    item = plan.credentials[number - len(plan.bad)]
    return (
        ("Why", _why(item)),
        ("Target", safe(item.fields.target)),
        ("Account", safe(item.fields.account)),
    )


def plan_renamed(plan: ImportPlan) -> int:
    """How many rows get another name."""
    return sum(bool(item.renamed_from) for item in plan.credentials)


def report_total(report: ImportReport) -> int:
    """How many rows the report's table has."""
    return len(report.skipped) + len(report.renamed)


def report_cells(report: ImportReport, number: int) -> Cells:
    """Row `number` of the report: what was left out, then what was renamed."""
    if number < len(report.skipped):
        return _bad_cells(str(number), report.skipped[number])
    before, after = report.renamed[number - len(report.skipped)]
    return str(number), ("", "", safe(after), f"was {safe(before)}", ""), ""


def report_about(report: ImportReport, number: int) -> tuple[tuple[str, str], ...]:
    """A row of the report in full."""
    if number < len(report.skipped):
        return (("Left out", row_problem(report.skipped[number])),)
    before, after = report.renamed[number - len(report.skipped)]
    return (("Renamed", safe(after)), ("Was", safe(before)))

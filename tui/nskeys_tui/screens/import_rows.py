"""The rows of an import's plan or report, made when they are shown: there may be 50,000."""

from collections.abc import Callable, Sequence

from nskeys.errors import BadRow
from nskeys.model.imports import ImportedCredential, ImportPlan, ImportReport
from nskeys.wording.errors.credentials import row_problem
from nskeys.wording.imports import kind_reason
from nskeys.wording.labels import kind_name
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row

Cells = tuple[str, tuple[str, ...], str]
"""A row's key, its cells and its style."""


def plan_total(plan: ImportPlan) -> int:
    """Return how many rows the plan's table has."""
    return len(plan.bad) + len(plan.left_out) + len(plan.credentials)


def plan_cells(plan: ImportPlan, number: int) -> Cells:
    """Row `number` of the plan: those that cannot be taken stand first, then those left out."""
    row = _row(plan, number)
    return _bad_cells(str(number), row) if isinstance(row, BadRow) else _good_cells(str(number), row)


def _row(plan: ImportPlan, number: int) -> BadRow | ImportedCredential:
    for rows in (plan.bad, plan.left_out):
        if number < len(rows):
            return rows[number]
        number -= len(rows)
    return plan.credentials[number]


def _bad_cells(key: str, row: BadRow) -> Cells:
    return key, (number(row.row), "-", safe(row.title), row_problem(row), "!"), "error"


def _good_cells(key: str, item: ImportedCredential) -> Cells:
    cells = (number(item.row), kind_name(item.fields.kind), safe(item.fields.name), _why(item), "")
    return key, cells, ""


def _why(item: ImportedCredential) -> str:
    was = f"was {safe(item.renamed_from)}; " if item.renamed_from else ""
    was += "changes what is here; " if item.replaces else ""
    was += "password taken out of the target; " if item.moved else ""
    return f"{was}{kind_reason(item, 'chosen')}"


def plan_about(plan: ImportPlan, number: int) -> tuple[tuple[str, str], ...]:
    """Return a row of the plan in full."""
    item = _row(plan, number)
    if isinstance(item, BadRow):
        return (("Problem", row_problem(item)),)
    return (
        ("Why", _why(item)),
        ("Target", safe(item.fields.target)),
        ("Account", safe(item.fields.account)),
    )


def report_total(report: ImportReport) -> int:
    """Return how many rows the report's table has."""
    return len(report.skipped) + len(report.left_out) + len(report.renamed)


def report_cells(report: ImportReport, number: int) -> Cells:
    """Return row `number` of the report: what was left out, then what was renamed."""
    rows = report.skipped + report.left_out
    if number < len(rows):
        return _bad_cells(str(number), rows[number])
    before, after = report.renamed[number - len(rows)]
    return str(number), ("", "", safe(after), f"was {safe(before)}", ""), ""


def report_about(report: ImportReport, number: int) -> tuple[tuple[str, str], ...]:
    """Return a row of the report in full."""
    rows = report.skipped + report.left_out
    if number < len(rows):
        return (("Left out", row_problem(rows[number])),)
    before, after = report.renamed[number - len(rows)]
    return (("Renamed", safe(after)), ("Was", safe(before)))


COLUMNS = (
    Column("Row", 6, 6, right=True),
    Column("Kind", 10, 10),
    Column("Name", 14, weight=2),
    Column("Why", 18, weight=3, styled=True),
    Column("", 1, 1, styled=True),
)


class ImportRows:
    """`total` rows, each made by `cells`; a row's key is its number."""

    def __init__(self, total: int, cells: Callable[[int], Cells]) -> None:
        self._total, self._cells = total, cells

    def total(self) -> int:
        return self._total

    def window(self, first: int, count: int) -> Sequence[Row]:
        return [Row(*self._cells(number)) for number in range(first, min(first + count, self._total))]

"""Imports in sentences: what becomes what, why, and what is left behind."""

from nskeys.model.operations import ImportedCredential, ImportPlan, ImportReport
from nskeys.wording.failures.credentials import bad_row
from nskeys.wording.names import import_format_name
from nskeys.wording.sizes import count
from nskeys.wording.terminal import safe, shown

KIND_BY_GROUP = "The kind follows from a word in the name of the group or folder"
KIND_RULE = f"{KIND_BY_GROUP}; '--kind KIND' decides it for every row."


def plan_line(plan: ImportPlan) -> str:
    """`KeePassXC CSV: 14 entries, of which 2 cannot be taken.`"""
    entries = count(len(plan.credentials) + len(plan.bad), "entry")
    bad = f", of which {len(plan.bad):,} cannot be taken" if plan.bad else ""
    return f"{import_format_name(plan.format)}: {entries}{bad}."


def kind_reason(item: ImportedCredential) -> str:
    """Why a row gets its kind: `"pca" in Office/PCA hosts`."""
    if item.kind_rule == "given":
        return "--kind"
    if item.kind_rule == "stated":
        return "stated"
    return f'"{safe(item.kind_word)}" in {safe(item.group)}'


def bad_lines(plan: ImportPlan) -> tuple[str, ...]:
    """Every row that cannot be taken, and why."""
    return tuple(bad_row(row) for row in plan.bad)


def import_lines(report: ImportReport) -> tuple[str, ...]:
    """What was imported, renamed, left out and dropped."""
    was = "was" if report.imported == 1 else "were"
    lines = [f"{count(report.imported, 'credential')} {was} imported."]
    lines += [f"skipped {bad_row(row)}" for row in report.skipped]
    lines += [f"renamed {safe(before)} to {safe(after)}" for before, after in report.renamed]
    lines += [dropped_line(field.field, field.rows) for field in report.dropped]
    return tuple(lines)


def dropped_line(field: str, rows: int) -> str:
    """A field of the export that has no place here: `dropped TOTP (filled in 3 rows)`."""
    return f"dropped {shown(field)} (filled in {count(rows, 'row')})"

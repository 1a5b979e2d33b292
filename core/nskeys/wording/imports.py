"""Imports in sentences: what becomes what, why, and what is left behind."""

from collections import Counter
from collections.abc import Sequence

from nskeys.model.imports import DroppedField, ImportedCredential, ImportPlan, ImportReport
from nskeys.wording.errors.credentials import bad_row
from nskeys.wording.labels import import_format_name, kind_name
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised, listed
from nskeys.wording.text.terminal import safe, shown

KIND_RULE = (
    "The kind follows from a word in the name of the group or folder; "
    "'--kind KIND' decides it for every row."
)


FORMATS = (
    "nskeys reads KeePassXC's CSV, Bitwarden's CSV and unencrypted JSON, and its own JSON, and recognises "
    "which one it is."
)
_REMOVE_EXPORT = "Everything in the export was taken. Remove it now: it is not encrypted."
NOTHING_TO_TAKE = "There is nothing in it that can be taken."


def bad_words(plan: ImportPlan, *, skipped: bool) -> str:
    """What bad rows mean; empty where there are none."""
    if not plan.bad:
        return ""
    if skipped:
        return f"{count(len(plan.bad), 'row')} left out, the rest is taken."
    return "So nothing is imported. s takes the rest, k chooses one kind for all."


def kinds_line(plan: ImportPlan, *, chosen: bool) -> str:
    """How kinds were chosen, and how many of each there are; empty where there are none."""
    kinds = Counter(kind_name(item.fields.kind) for item in plan.credentials)
    found = ", ".join(f"{name} {number(many)}" for name, many in sorted(kinds.items()))
    rule = "Kind chosen for all" if chosen else "Kinds by a word in group or folder"
    return f"{rule}: {found}." if found else ""


def changes_line(renamed: int, dropped: Sequence[DroppedField]) -> str:
    """How many rows get another name, and which fields have no place here; empty where neither is."""
    parts = [f"{count(renamed, 'name')} taken already, so changed"] if renamed else []
    if dropped:
        fields = tuple(f"{shown(field.field, 40)} ({number(field.rows)})" for field in dropped)
        parts.append(f"fields dropped (rows): {listed(fields)}")
    line = "; ".join(parts)
    return f"{capitalised(line)}." if line else ""


def plan_line(plan: ImportPlan) -> str:
    """`KeePassXC CSV: 14 entries, of which 2 cannot be taken.`"""
    entries = count(len(plan.credentials) + len(plan.bad), "entry")
    bad = f", of which {len(plan.bad):,} cannot be taken" if plan.bad else ""
    return f"{import_format_name(plan.format)}: {entries}{bad}."


def kind_reason(item: ImportedCredential, given: str = "--kind") -> str:
    """Why a row gets its kind: `"pca" in Office/PCA hosts`; `given` where a person said so."""
    if item.kind_rule == "given":
        return given
    if item.kind_rule == "stated":
        return "stated"
    return f'"{safe(item.kind_word)}" in {safe(item.group)}'


def import_lines(report: ImportReport) -> tuple[str, ...]:
    """What was imported, renamed, left out and dropped."""
    was = "was" if report.imported == 1 else "were"
    lines = [f"{count(report.imported, 'credential')} {was} imported."]
    lines += [f"skipped {bad_row(row)}" for row in report.skipped]
    lines += [f"renamed {safe(before)} to {safe(after)}" for before, after in report.renamed]
    lines += [dropped_line(field.field, field.rows) for field in report.dropped]
    return tuple(lines)


def export_line(report: ImportReport) -> str:
    """What to do with the export. It is only to be removed where nothing is in it alone."""
    if not report.imported:
        return "Nothing was taken from the export, so what is in it is only there. It is not encrypted."
    if report.skipped:
        rows = count(len(report.skipped), "row")
        are = "is" if len(report.skipped) == 1 else "are"
        return f"{rows} of the export {are} only there: keep it until you have them. It is not encrypted."
    if report.dropped:
        return (
            "The dropped fields are only in the export. Remove it as soon as nobody needs them: it is not "
            "encrypted."
        )
    return _REMOVE_EXPORT


def dropped_line(field: str, rows: int) -> str:
    """A field of the export that has no place here: `dropped TOTP (filled in 3 rows)`."""
    return f"dropped {shown(field)} (filled in {count(rows, 'row')})"

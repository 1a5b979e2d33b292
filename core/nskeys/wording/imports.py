"""Imports in sentences: what becomes what, why, and what is left behind."""

from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType

from nskeys.errors import BadRow
from nskeys.model.imports import DroppedField, ImportedCredential, ImportFormat, ImportPlan, ImportReport
from nskeys.reasons import FieldProblem
from nskeys.wording.errors.credentials import bad_row
from nskeys.wording.labels import kind_name
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised, listed
from nskeys.wording.text.terminal import fit, safe, shown

_FORMATS = MappingProxyType(
    {
        ImportFormat.KEEPASSXC_CSV: "KeePassXC CSV",
        ImportFormat.BITWARDEN_CSV: "Bitwarden CSV",
        ImportFormat.BITWARDEN_JSON: "Bitwarden JSON",
        ImportFormat.NSKEYS_JSON: "nskeys JSON",
        ImportFormat.KEEPASS1_CSV: "KeePass CSV (1.x)",
        ImportFormat.ONEPASSWORD_CSV: "1Password CSV",
        ImportFormat.LASTPASS_CSV: "LastPass CSV",
        ImportFormat.CHROME_CSV: "Chrome or Edge CSV",
        ImportFormat.FIREFOX_CSV: "Firefox CSV",
        ImportFormat.DASHLANE_CSV: "Dashlane CSV",
        ImportFormat.NORDPASS_CSV: "NordPass CSV",
        ImportFormat.PROTON_CSV: "Proton Pass CSV",
        ImportFormat.SECRET_SERVER_CSV: "Secret Server CSV",
        ImportFormat.KEEPASS_XML: "KeePass XML (2.x)",
        ImportFormat.ONEPUX: "1Password 1PUX",
        ImportFormat.VAULT_JSON: "Vault or OpenBao JSON",
        ImportFormat.KDBX: "KeePass database (KDBX)",
        ImportFormat.PASS: "Password store (pass)",
        ImportFormat.COLUMNS_CSV: "CSV by columns",
    }
)


def import_format_name(export: ImportFormat) -> str:
    """Return a name such as `KeePassXC CSV`."""
    return _FORMATS[export]


KIND_RULE = (
    "The kind comes from a word in the name of the group or folder; '--kind KIND' sets it for every row."
)


FORMATS = (
    "nskeys reads KeePassXC's CSV, KeePass' databases and XML, Bitwarden's CSV and JSON, a tree of 'pass', "
    "1Password's 1PUX, Vault's JSON, its own export, and the CSV of KeePass, 1Password, LastPass, Chrome, "
    "Edge, Firefox, Dashlane, NordPass, Proton Pass and Secret Server, and recognises which one it is."
)
IDENTITY_PROMPT = "It is encrypted to recipients: name the file with the identity of one of them."
NOTHING_TO_TAKE = "There is nothing in it that can be taken."


def bad_words(plan: ImportPlan, *, skipped: bool) -> str:
    """Return what bad rows mean; empty where there are none."""
    if not plan.bad:
        return ""
    if skipped:
        return f"{count(len(plan.bad), 'row')} left out, the rest is taken."
    return "So nothing is imported. s takes the rest, c chooses one kind for all."


def kinds_line(plan: ImportPlan, *, chosen: bool) -> str:
    """Return how kinds were chosen, and how many of each there are; empty where there are none."""
    kinds = sorted((kind_name(kind), many) for kind, many in plan.counts.kinds.items())
    found = ", ".join(f"{name} {number(many)}" for name, many in kinds)
    rule = "Kind chosen for all" if chosen else "Kinds by a word in group or folder"
    return f"{rule}: {found}." if found else ""


def changes_line(renamed: int, dropped: Sequence[DroppedField]) -> str:
    """Return how many rows get another name, and which fields have no place here; empty where neither
    is."""
    parts = [f"{count(renamed, 'name')} taken already, so changed"] if renamed else []
    if dropped:
        fields = tuple(f"{shown(field.field, 40)} ({number(field.rows)})" for field in dropped)
        parts.append(f"fields dropped (rows): {listed(fields)}")
    line = "; ".join(parts)
    return f"{capitalised(line)}." if line else ""


def plan_line(plan: ImportPlan) -> str:
    """Return text such as `KeePassXC CSV: 14 entries, of which 2 cannot be taken.`"""
    here = len(plan.credentials) + len(plan.present) + len(plan.left_out)
    entries = count(here + len(plan.bad), "entry")
    bad = f", of which {len(plan.bad):,} cannot be taken" if plan.bad else ""
    return f"{import_format_name(plan.format)}: {entries}{bad}."


def states_line(plan: ImportPlan) -> str:
    """Return counts such as `New 12, changed 1, present 3.`, and how the file was read where that is not as
    usual."""
    changed = plan.counts.updated
    waiting = sum(row.problem is FieldProblem.CHANGED for row in plan.left_out)
    states = f"New {number(len(plan.credentials) - changed)}, changed {number(changed + waiting)}, present "
    line = f"{states}{number(len(plan.present))}."
    ways = []
    if plan.encoding not in ("", "utf-8"):
        ways.append(f"as {_ENCODINGS.get(plan.encoding, plan.encoding)}")
    if plan.delimiter not in ("", ","):
        ways.append(f"with {delimiter_name(plan.delimiter)} between its cells")
    return f"{line} Read {' '.join(ways)}." if ways else line


def delimiter_name(delimiter: str) -> str:
    """Return what parts the cells of a CSV, in words."""
    return _DELIMITERS.get(delimiter) or shown(delimiter)


_ENCODINGS = {"utf-16": "UTF-16", "cp1252": "Windows-1252"}
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LEFT_OUT = {
    FieldProblem.DELETED: ("lies in the bin", "lie in the bin", "with-deleted"),
    FieldProblem.LOOKS_DELETED: ("looks deleted", "look deleted", "with-deleted"),
    FieldProblem.NO_SECRET: ("has no password", "have no password", "empty-secrets"),
    FieldProblem.CHANGED: ("is here with other values", "are here with other values", "update"),
}


LEAVING_OUT = {
    "with_deleted": ("Take rows that look deleted", "Leave out rows that look deleted"),
    "empty_secrets": ("Take logins without a password", "Leave out logins without a password"),
    "update": ("Change what is here with other values", "Leave what is here with other values"),
}
"""The members of ImportWishes that take what is left out, in the words of a choice: to take, to leave."""


def left_out_line(rows: Sequence[BadRow], *, by_key: bool = False) -> str:
    """Return text such as `Left out: 2 rows look deleted ('--with-deleted' takes them).`; empty where none
    is left out. With `by_key` it names the key of the app that takes them."""
    many = Counter(row.problem for row in rows)
    parts = []
    for problem, total in many.items():
        one, several, option = _LEFT_OUT[problem]
        way = "" if by_key else f" ('--{option}' takes {'it' if total == 1 else 'them'})"
        parts.append(f"{count(total, 'row')} {one if total == 1 else several}{way}")
    key = " l takes such rows." if by_key else ""
    return f"Left out: {'; '.join(parts)}.{key}" if parts else ""


def left_out_lines(rows: Sequence[BadRow]) -> tuple[str, ...]:
    """Return every row that is left out, and why; then what takes it."""
    line = left_out_line(rows)
    return (*(f"left out {bad_row(row)}" for row in rows), *((line,) if line else ()))


def present_line(present: int) -> str:
    """Return how many rows were here already; empty where none was."""
    is_here = "is here already with the same secret and is" if present == 1 else (
        "are here already with the same secrets and are"
    )  # fmt: skip
    return f"{count(present, 'row')} {is_here} not stored again." if present else ""


def moved_lines(items: Sequence[ImportedCredential]) -> tuple[str, ...]:
    """Return the lines about rows whose secret stood in the target."""
    return tuple(
        f"row {number(item.row)}: the password stood in the target and becomes the secret of "
        f"{safe(item.fields.name)}"
        for item in items
        if item.moved
    )


def kind_reason(item: ImportedCredential, given: str = "--kind") -> str:
    """Return why a row gets its kind: `"pca" in Office/PCA hosts`; `given` where a person said so."""
    if item.kind_rule == "given":
        return given
    if item.kind_rule == "stated":
        return "stated"
    return f'"{safe(item.kind_word)}" in {safe(item.group)}'


def import_lines(report: ImportReport) -> tuple[str, ...]:
    """Return what was imported, renamed, left out and dropped."""
    was = "was" if report.imported == 1 else "were"
    updated = f", {number(report.updated)} of them in place of what was here" if report.updated else ""
    lines = [f"{count(report.imported, 'credential')} {was} imported{updated}."]
    lines += [line for line in (present_line(report.present),) if line]
    lines += [f"skipped {bad_row(row)}" for row in report.skipped]
    lines += left_out_lines(report.left_out)
    lines += [f"renamed {safe(before)} to {safe(after)}" for before, after in report.renamed]
    lines += [dropped_line(field) for field in report.dropped]
    return tuple(lines)


def export_line(report: ImportReport) -> str:
    """Return what to do with the export; removing it is advised only where nothing is in it alone, and
    where others can read it."""
    plain = "" if report.encrypted else " It is not encrypted."
    if not report.imported + report.present:
        return f"Nothing was taken from the export, so its contents are only there.{plain}"
    if only_there := len(report.skipped) + len(report.left_out):
        rows = count(only_there, "row")
        are = "is" if only_there == 1 else "are"
        return f"{rows} of the export {are} only there: keep it until you have them.{plain}"
    if report.dropped:
        line = "The dropped fields are only in the export."
        remove = " Remove it as soon as nobody needs them: it is not encrypted."
    else:
        line = "Everything in the export was taken."
        remove = " Remove it once nobody needs it: it is not encrypted."
    return line if report.encrypted else line + remove


def dropped_line(field: DroppedField) -> str:
    """Return the line about a field that has no place here: `dropped TOTP (filled in 3 rows: a, b and
    c)`."""
    titles = ", ".join(fit(safe(title), 40) for title in field.titles[:_NAMED])
    more = field.rows - len(field.titles[:_NAMED])
    titles += f" and {number(more)} more" if titles and more else ""
    rows = f"{count(field.rows, 'row')}: {titles}" if titles else count(field.rows, "row")
    return f"dropped {shown(field.field)} (filled in {rows})"


_NAMED = 10
"""Rows that are named for a dropped field."""

"""The CSV that KeePassXC exports ("Database > Export > CSV file", `keepassxc-cli export -f csv`).

    "Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"

Old versions end with Notes. `Group` is the path from the root group ("Passwords/Run-as/EMEA").
Attributes, attachments and history are not in the file, so nothing can be said of them here.
"""

import re
from collections.abc import Mapping, Sequence

from nskeys.imports.parsing import Collector, CsvTable
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

_TAKEN = frozenset({"group", "title", "username", "password", "url", "notes"})

# KeePassXC resolves references on its screen but exports them as they are: taken literally, the
# password would be the text "{REF:P@I:...}" and the account would be lost without anybody noticing.
_REFERENCE = re.compile(r"\{REF:[TUPANI]@[TUPANIO]:[^}]+\}", re.IGNORECASE)
_RESOLVED = (("title", "name"), ("username", "account"), ("password", "secret"), ("url", "target"))

# The bin lies directly under the root group and is exported like any other; its name is the one of
# the language in which the database was made.
_BINS = frozenset(
    {
        "recycle bin",
        "papierkorb",
        "corbeille",
        "papelera",
        "cestino",
        "prullenbak",
        "papirkurv",
        "papperskorg",
        "roskakori",
        "lixeira",
        "корзина",
        "ゴミ箱",
        "回收站",
    }
)


def matches(columns: Sequence[str]) -> bool:
    """Whether these columns (in lower case) are KeePassXC's."""
    return set(columns) >= _TAKEN


def read(source: str, table: CsvTable) -> ParsedExport:
    """Every entry. References and entries in the recycle bin are bad rows: neither is a password
    that somebody meant to carry over."""
    findings = Collector(source, ImportFormat.KEEPASSXC_CSV)
    extra = {name: table.written(name) for name in table.names if name not in _TAKEN}
    for row, cells in table:
        if cells is None:
            # Not even the title is named: where cells are missing it could be the password.
            findings.refuse(row, "", "row", FieldProblem.WRONG_COLUMNS)
            continue
        problem = _problem(cells)
        if problem is not None:
            findings.refuse(row, cells["title"], *problem)
            continue
        findings.drop(written for name, written in extra.items() if cells[name])
        findings.take(
            row,
            group=cells["group"],
            title=cells["title"],
            username=cells["username"],
            url=cells["url"],
            notes=cells["notes"],
            secret=cells["password"],
        )
    return findings.parsed()


def _problem(cells: Mapping[str, str]) -> tuple[str, FieldProblem] | None:
    path = cells["group"].split("/")
    if len(path) > 1 and path[1].strip().casefold() in _BINS:
        return "group", FieldProblem.DELETED
    for name, field in _RESOLVED:
        if "{" in cells[name] and _REFERENCE.search(cells[name]):
            return field, FieldProblem.REFERENCE
    return None

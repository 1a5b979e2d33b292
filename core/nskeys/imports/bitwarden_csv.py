"""The CSV that Bitwarden exports: an individual vault's, or an organization's.

    folder,favorite,type,name,notes,fields,reprompt,archivedDate,login_uri,login_username,
    login_password,login_totp                                       (one line; CR LF between records)
    collections,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp

`archivedDate` came in 2025. It holds logins and secure notes only (`type` is `login` or `note`);
several URIs, and several collections, share a cell with commas between them. Folders nest by "/".
"""

from collections.abc import Iterator, Mapping, Sequence

from nskeys.imports.parsing import Collector, CsvTable
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

_NEEDED = frozenset({"type", "name", "notes", "login_uri", "login_username", "login_password"})
_PLACES = ("folder", "collections")
_TAKEN = _NEEDED.union(_PLACES)
_NO_REPROMPT = "0"


def matches(columns: Sequence[str]) -> bool:
    """Whether these columns (in lower case) are Bitwarden's."""
    present = set(columns)
    return present >= _NEEDED and not present.isdisjoint(_PLACES)


def read(source: str, table: CsvTable) -> ParsedExport:
    """Every login. Secure notes have no account to log in with and are bad rows."""
    findings = Collector(source, ImportFormat.BITWARDEN_CSV)
    extra = {name: table.written(name) for name in table.names if name not in _TAKEN}
    for row, cells in table:
        if cells is None:
            # Not even the name is given: where cells are missing it could be the password.
            findings.refuse(row, "", "row", FieldProblem.WRONG_COLUMNS)
            continue
        if cells["type"].casefold() not in ("login", ""):
            findings.refuse(row, cells["name"], "type", FieldProblem.NOT_A_LOGIN)
            continue
        findings.drop(_dropped(cells, extra))
        findings.take(
            row,
            group=cells.get("folder") or _first(cells.get("collections", "")),
            title=cells["name"],
            username=cells["login_username"],
            url=_first(cells["login_uri"]),
            notes=cells["notes"],
            secret=cells["login_password"],
        )
    return findings.parsed()


def _first(cell: str) -> str:
    return cell.split(",", 1)[0]


def _dropped(cells: Mapping[str, str], extra: Mapping[str, str]) -> Iterator[str]:
    for name in ("collections", "login_uri"):
        if "," in cells.get(name, ""):
            yield name
    for name, written in extra.items():
        if cells[name] and not (name == "reprompt" and cells[name] == _NO_REPROMPT):
            yield written

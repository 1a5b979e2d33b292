"""Tables of columns: one engine, and a description of each program's CSV.

The headers follow public descriptions of these exports; they were not tried against the programs. A header
is known by the columns that make it that program's; further columns are read past and counted.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import urlsplit

from nskeys.errors import ImportUnreadable
from nskeys.imports.csv_table import CsvTable, column_key
from nskeys.imports.keepass_references import is_reference
from nskeys.imports.parsing import Collector
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem, Problem

Names = tuple[str, ...]
"""Columns in lower case: the first that is filled counts, what stands in the others is dropped."""


@dataclass(frozen=True, slots=True)
class ColumnFormat:
    """What the columns of an export mean."""

    form: ImportFormat
    needed: frozenset[str]
    """The columns that make it this format."""
    title: Names
    account: Names
    secret: Names
    target: Names = ()
    note: Names = ()
    group: Names = ()
    kind: Names = ()
    one_of: frozenset[str] = frozenset()
    """At least one of these has to be there too."""
    only: frozenset[str] = frozenset()
    """With any column besides these it is another format; empty: any may follow."""
    logins: tuple[str, frozenset[str]] | None = None
    """A column, and what stands in it (in lower case) where a row is a login."""
    structure: frozenset[str] = frozenset()
    """What stands in that column where a row is no entry at all."""
    quiet: Mapping[str, str] = field(default_factory=dict)
    """Cells that say nothing: the value that a column has unless somebody chose another."""
    groups: Callable[[str], Sequence[str]] = lambda cell: (cell,)
    """The groups that a cell names, each with "/" between its parts."""
    uris: bool = False
    """Several URIs share the target's cell, with commas between them."""
    backslash: bool = False
    """As in `CsvTable`."""
    entities: bool = False
    """The program writes some characters as HTML entities, and some versions of it do not."""

    @property
    def wanted(self) -> frozenset[str]:
        """The columns from which something is taken."""
        fields = (self.title, self.account, self.secret, self.target, self.note, self.group, self.kind)
        return self.needed.union(*fields, (self.logins or ("", ""))[:1])

    def matches(self, columns: Sequence[str]) -> bool:
        """Return whether these columns (in lower case) are this format's."""
        present = frozenset(columns)
        return (
            present >= self.needed
            and (not self.one_of or bool(present & self.one_of))
            and (not self.only or present <= self.only)
        )


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns of one file stand."""

    title: tuple[int, ...]
    account: tuple[int, ...]
    secret: tuple[int, ...]
    target: tuple[int, ...]
    note: tuple[int, ...]
    group: tuple[int, ...]
    kind: tuple[int, ...]
    what: int
    """The column that says whether a row is a login; -1 for none."""
    several: tuple[tuple[int, ...], ...]
    """Columns of one field, of which only the first that is filled is taken."""
    extra: tuple[tuple[int, str, str], ...]
    """The other columns: their place, their name as written, and what says nothing in them."""
    names: tuple[str, ...]


def _places(form: ColumnFormat, table: CsvTable) -> _Places:
    where = {name: place for place, name in enumerate(table.names)}

    def of(names: Names) -> tuple[int, ...]:
        return tuple(where[name] for name in names if name in where)

    fields = [of(names) for names in (form.title, form.account, form.secret, form.target, form.note)]
    group, kind = of(form.group), of(form.kind)
    what = where.get(form.logins[0], -1) if form.logins else -1
    taken = {place for places in (*fields, group, kind, (what,)) for place in places}
    title, account, secret, target, note = fields
    return _Places(
        title,
        account,
        secret,
        target,
        note,
        group,
        kind,
        what,
        tuple(places for places in fields if len(places) > 1),
        tuple(
            (place, table.columns[place], form.quiet.get(name, ""))
            for place, name in enumerate(table.names)
            if place not in taken
        ),
        table.names,
    )


def read(source: str, form: ColumnFormat, table: CsvTable) -> ParsedExport:
    """Return every login; entries of other kinds, and references to other entries, are bad rows. Raises
    ImportUnreadable where one of the columns that are wanted stands there twice (`duplicate_column`)."""
    if any(table.names.count(name) > 1 for name in form.wanted):
        raise ImportUnreadable(source, Problem.DUPLICATE_COLUMN, 1)
    findings = Collector(source, form.form)
    places = _places(form, table)
    for row, cells in table:
        if cells is None:
            # The title is not shown either: where cells are missing it could be the password.
            findings.refuse(row, "", "row", FieldProblem.WRONG_COLUMNS)
            continue
        what = cells[places.what].strip().casefold() if places.what >= 0 else ""
        if what not in form.structure:
            _read_row(findings, form, places, row, cells, what)
    return findings.parsed()


def _read_row(
    findings: Collector, form: ColumnFormat, places: _Places, row: int, cells: list[str], what: str
) -> None:
    url = _first(cells, places.target)
    further_uris = _uris(url)[1:] if form.uris else []
    url = _uris(url)[0] if form.uris else url
    title = _first(cells, places.title) if form.title else _host(url)
    if form.logins and what not in form.logins[1]:
        findings.refuse(row, title, "type", FieldProblem.NOT_A_LOGIN)
        return
    account, secret = _first(cells, places.account), _first(cells, places.secret)
    if "{" in title or "{" in account or "{" in secret or "{" in url:
        texts = {"name": title, "account": account, "secret": secret, "target": url}
        pointing = next((name for name, text in texts.items() if is_reference(text)), "")
        if pointing:
            findings.refuse(row, title, pointing, FieldProblem.REFERENCE)
            return
    if form.entities and (
        field := next(
            (
                name
                for name, text in (
                    ("secret", secret),
                    ("account", account),
                    ("name", title),
                    ("target", url),
                )
                if _ENTITY.search(text)
            ),
            "",
        )
    ):
        findings.refuse(row, title, field, FieldProblem.HTML_ENTITY)
        return
    groups = [group for place in places.group if cells[place] for group in form.groups(cells[place])]
    dropped = _dropped(places, cells, several=(len(groups) > 1, bool(further_uris)))
    if dropped:
        findings.drop(title, dropped)
    findings.take(
        row,
        group=groups[0] if groups else "",
        title=title,
        username=account,
        url=url,
        notes=_first(cells, places.note),
        secret=secret,
        kind=_first(cells, places.kind).strip().casefold(),
        further=tuple(groups[1:]),
    )


def _first(cells: list[str], places: tuple[int, ...]) -> str:
    for place in places:
        if cells[place]:
            return cells[place]
    return ""


def _dropped(places: _Places, cells: list[str], several: tuple[bool, bool]) -> list[str]:
    groups, uris = several
    dropped = [places.names[place] for place in places.group if groups and cells[place]]
    dropped += [places.names[place] for place in places.target[:1] if uris]
    for alike in places.several:
        filled = [place for place in alike if cells[place]]
        dropped += [places.names[place] for place in filled[1:] if cells[place] != cells[filled[0]]]
    dropped += [written for place, written, quiet in places.extra if cells[place] not in ("", quiet)]
    return dropped


_URI = re.compile(r",(?=\s*[A-Za-z][A-Za-z0-9+.-]*://)")


_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d+|#[xX][0-9A-Fa-f]+);")


def _uris(cell: str) -> list[str]:
    """Return the URIs of a cell. A comma parts them only where the next one begins with a scheme: a
    target may have a comma in it."""
    return _URI.split(cell)


def _host(url: str) -> str:
    """Return what an entry without a title is called: its host, or else its URL."""
    try:
        return urlsplit(url.strip()).netloc.rpartition("@")[2] or url
    except ValueError:
        return url


def _by_comma(cell: str) -> Sequence[str]:
    return [part for part in cell.split(",") if part]


def _by_semicolon(cell: str) -> Sequence[str]:
    return [part for part in re.split(r"[;,]", cell) if part]


def _backslashed(cell: str) -> Sequence[str]:
    return (cell.strip("\\").replace("\\", "/"),)


def _all(*names: str) -> frozenset[str]:
    return frozenset(names)


_BITWARDEN = _all("type", "name", "notes", "login_uri", "login_username", "login_password")
_BITWARDEN_VAULT = ColumnFormat(
    ImportFormat.BITWARDEN_CSV,
    _BITWARDEN | {"folder"},
    title=("name",),
    account=("login_username",),
    secret=("login_password",),
    target=("login_uri",),
    note=("notes",),
    group=("folder",),
    logins=("type", _all("login", "")),
    quiet=MappingProxyType({"reprompt": "0"}),
    uris=True,
)

FORMATS: tuple[ColumnFormat, ...] = (
    # "Database > Export > CSV file", and `keepassxc-cli export -f csv`; older versions end with Notes.
    # `Group` is the path from the root group ("Passwords/Run-as/EMEA").
    ColumnFormat(
        ImportFormat.KEEPASSXC_CSV,
        _all("group", "title", "username", "password", "url", "notes"),
        title=("title",),
        account=("username",),
        secret=("password",),
        target=("url",),
        note=("notes",),
        group=("group",),
    ),
    # An individual vault's, with CR LF between records; folders nest by "/".
    _BITWARDEN_VAULT,
    # An organization's: one cell names all collections.
    replace(
        _BITWARDEN_VAULT, needed=_BITWARDEN | {"collections"}, group=("collections",), groups=_by_comma
    ),
    # KeePass 1, and "KeePass CSV (1.x)" of KeePass 2.
    ColumnFormat(
        ImportFormat.KEEPASS1_CSV,
        _all("account", "login name", "password", "web site", "comments"),
        title=("account",),
        account=("login name",),
        secret=("password",),
        target=("web site",),
        note=("comments",),
        backslash=True,
    ),
    ColumnFormat(
        ImportFormat.ONEPASSWORD_CSV,
        _all("title", "username", "password", "notes", "tags"),
        one_of=_all("url", "urls", "website"),
        title=("title",),
        account=("username",),
        secret=("password",),
        target=("url", "urls", "website"),
        note=("notes",),
        group=("tags",),
        groups=_by_semicolon,
        quiet=MappingProxyType({"favorite": "false", "archived": "false"}),
    ),
    # Folders nest by "\".
    ColumnFormat(
        ImportFormat.LASTPASS_CSV,
        _all("url", "username", "password", "extra", "name", "grouping", "fav"),
        title=("name",),
        account=("username",),
        secret=("password",),
        target=("url",),
        note=("extra",),
        group=("grouping",),
        groups=_backslashed,
        quiet=MappingProxyType({"fav": "0"}),
        entities=True,
    ),
    # Chrome, Edge and other browsers of Chromium; old versions have no note.
    ColumnFormat(
        ImportFormat.CHROME_CSV,
        _all("name", "url", "username", "password"),
        only=_all("name", "url", "username", "password", "note"),
        title=("name",),
        account=("username",),
        secret=("password",),
        target=("url",),
        note=("note",),
    ),
    ColumnFormat(
        ImportFormat.FIREFOX_CSV,
        _all("url", "username", "password", "httprealm", "formactionorigin", "guid"),
        title=(),
        account=("username",),
        secret=("password",),
        target=("url",),
    ),
    ColumnFormat(
        ImportFormat.DASHLANE_CSV,
        _all("username", "username2", "title", "password", "note", "url", "category"),
        title=("title",),
        account=("username", "username2", "username3"),
        secret=("password",),
        target=("url",),
        note=("note",),
        group=("category",),
    ),
    # All types of entries in one table; a folder has a row of its own.
    ColumnFormat(
        ImportFormat.NORDPASS_CSV,
        _all("name", "url", "username", "password", "note", "cardholdername", "folder"),
        title=("name",),
        account=("username",),
        secret=("password",),
        target=("url",),
        note=("note",),
        group=("folder",),
        logins=("type", _all("password", "")),
        structure=_all("folder"),
    ),
    ColumnFormat(
        ImportFormat.PROTON_CSV,
        _all("type", "name", "url", "username", "password", "note", "createtime", "modifytime"),
        title=("name",),
        account=("username", "email"),
        secret=("password",),
        target=("url",),
        note=("note",),
        group=("vault",),
        logins=("type", _all("login", "")),
        uris=True,
    ),
    # Of Delinea, once Thycotic. The columns between name and folder are those of the secret's template.
    ColumnFormat(
        ImportFormat.SECRET_SERVER_CSV,
        _all("username", "password"),
        one_of=_all("secret name", "secretname"),
        title=("secret name", "secretname"),
        account=("username",),
        secret=("password",),
        target=("url", "machine", "server", "resource", "host"),
        note=("notes",),
        group=("folder path", "folderpath", "folder"),
        groups=_backslashed,
    ),
)


def chosen(columns: Sequence[tuple[str, str]]) -> ColumnFormat:
    """Return the format of a CSV whose columns a person named, as pairs of a field and a column."""
    named = {name: (column_key(column),) for name, column in columns}
    return ColumnFormat(
        ImportFormat.COLUMNS_CSV,
        frozenset(column for (column,) in named.values()),
        title=named.get("name", ()),
        account=named.get("account", ()),
        secret=named.get("secret", ()),
        target=named.get("target", ()),
        note=named.get("note", ()),
        group=named.get("group", ()),
        kind=named.get("kind", ()),
    )

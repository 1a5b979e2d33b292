"""The format of an export, decided by what is in the file, never by its name."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol, TypeVar

from nskeys.errors import ImportUnreadable, SecretUnavailable
from nskeys.imports import (
    bitwarden_json,
    columns,
    kdbx,
    keepass_xml,
    nskeys_json,
    onepux,
    pass_tree,
    recognised,
    vault_json,
)
from nskeys.imports.csv_table import DELIMITERS, CsvTable, separator_line
from nskeys.imports.encoding import decode
from nskeys.imports.parsing import Value, parse
from nskeys.model.imports import (
    NEEDED_FIELDS,
    CsvPreview,
    ExportFolder,
    ImportFormat,
    ParsedExport,
    Reading,
)
from nskeys.model.secret import SecretBytes
from nskeys.ports import ExportUnlock, Purpose
from nskeys.reasons import ImportProblem, Problem, Wanted

T = TypeVar("T")

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file; 50,000 entries take about 10 MiB."""


class _JsonFormat(Protocol):
    def matches(self, value: Value) -> bool: ...
    def read(self, source: str, value: Value) -> ParsedExport: ...


_JSON_FORMATS: tuple[_JsonFormat, ...] = (nskeys_json, vault_json)
_AS_IT_SAYS = Reading()


def nothing_opens(purpose: Purpose, opens: Callable[[SecretBytes], T]) -> T:
    """Refuse to open anything: SecretUnavailable."""
    del opens
    raise SecretUnavailable(Wanted(purpose))


def read_export(
    source: str,
    data: bytes | ExportFolder,
    reading: Reading = _AS_IT_SAYS,
    unlock: ExportUnlock = nothing_opens,
) -> ParsedExport:
    """Return the export in `data`, understood. `source` only names it in errors.

    Raises ImportUnreadable with the reason: `too_large`, `empty`, a token of `recognised`, what is wrong
    with its text (`code_page`, `not_in_encoding`, `utf16`), its CSV (those of CsvTable,
    `duplicate_column`, `no_such_column`), its JSON (`json_syntax`, `json_lines`, `json_depth`,
    `duplicate_name`), its size (`too_many_rows`), its XML (`xml_syntax`, `xml_entities`) or its archive
    (`zip_damaged`); `unknown_format` where nothing tells what it is. Encrypted ones raise what `kdbx`,
    `pass_tree` and `bitwarden_encrypted` name, and what `unlock` raises.
    """
    if isinstance(data, ExportFolder):
        return pass_tree.read(source, data.path, unlock)
    if len(data) > SIZE_LIMIT:
        raise ImportUnreadable(source, ImportProblem.TOO_LARGE)
    found = recognised.of_bytes(data)
    if found is ImportFormat.KDBX:
        return kdbx.read(source, data, unlock)
    if isinstance(found, ImportProblem):
        raise ImportUnreadable(source, found)
    if found is ImportFormat.ONEPUX:
        return onepux.read(source, data, SIZE_LIMIT)
    text, encoding = decode(source, data, reading.encoding)
    return replace(_read_text(source, text, reading, unlock), encoding=encoding)


def _read_text(source: str, text: str, reading: Reading, unlock: ExportUnlock) -> ParsedExport:
    start = text.lstrip()[:1]
    if not start:
        raise ImportUnreadable(source, Problem.EMPTY)
    # Where a person named columns it is CSV, and its first cell may begin with anything.
    if start == "<" and not reading.columns:
        found = recognised.of_markup(text)
        if isinstance(found, ImportProblem):
            raise ImportUnreadable(source, found)
        return keepass_xml.read(source, text)
    if start in "{[" and not reading.columns:
        return _read_json(source, text, unlock)
    return _read_csv(source, text, reading)


PREVIEWED = 3
"""Rows that a preview has."""


def preview(source: str, data: bytes, reading: Reading) -> CsvPreview:
    """Return the first rows of a CSV, read with what `reading` says of encoding and delimiter. Raises
    ImportUnreadable."""
    if len(data) > SIZE_LIMIT:
        raise ImportUnreadable(source, ImportProblem.TOO_LARGE)
    if isinstance(found := recognised.of_bytes(data), ImportProblem):
        raise ImportUnreadable(source, found)
    text, encoding = decode(source, data, reading.encoding)
    said = reading.delimiter or separator_line(text)
    # What parts the first line into most cells; none parts it into more than one where it is no CSV.
    delimiter = said or max(DELIMITERS, key=lambda one: len(_names(source, text, one)))
    table = CsvTable(source, text, delimiter)
    if len(table.columns) < len(NEEDED_FIELDS) and not said:
        raise ImportUnreadable(source, ImportProblem.UNKNOWN_FORMAT, 1)
    rows = tuple(tuple(cells) for _, cells in islice(table, PREVIEWED) if cells is not None)
    return CsvPreview(table.columns, rows, Reading(encoding, delimiter))


def _read_json(source: str, text: str, unlock: ExportUnlock) -> ParsedExport:
    if problem := recognised.of_json_text(text):
        raise ImportUnreadable(source, problem)
    value = parse(source, text)
    if bitwarden_json.matches(value):
        return bitwarden_json.read(source, value, unlock)
    for form in _JSON_FORMATS:
        if form.matches(value):
            return form.read(source, value)
    raise ImportUnreadable(source, recognised.of_json(value))


def _read_csv(source: str, text: str, reading: Reading) -> ParsedExport:
    said = reading.delimiter or separator_line(text)
    formats = (columns.chosen(reading.columns),) if reading.columns else columns.FORMATS
    for delimiter in said or DELIMITERS:
        names = _names(source, text, delimiter)
        form = next((form for form in formats if form.matches(names)), None)
        if form is not None:
            table = CsvTable(source, text, delimiter, backslash=form.backslash)
            return replace(columns.read(source, form, table), delimiter=delimiter)
    if reading.columns:
        raise ImportUnreadable(source, ImportProblem.NO_SUCH_COLUMN, 1)
    raise ImportUnreadable(source, ImportProblem.UNKNOWN_FORMAT, 1)


def _names(source: str, text: str, delimiter: str) -> Sequence[str]:
    """Return the columns of the first line; empty where it is no CSV, since nobody knows yet that the file
    was meant as CSV."""
    try:
        return CsvTable(source, text, delimiter).names
    except ImportUnreadable:
        return ()

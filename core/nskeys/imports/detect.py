"""Which export is this? Decided by what is in the file, never by its name."""

from collections.abc import Sequence
from typing import Protocol

from nskeys.errors import ImportUnreadable
from nskeys.imports import bitwarden_csv, bitwarden_json, keepassxc_csv, nskeys_json
from nskeys.imports.parsing import CsvTable, Value, parse
from nskeys.model.imports import ParsedExport
from nskeys.reasons import ImportProblem, Problem

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file; 50,000 entries take about 10 MiB."""

_SIGNATURES = (
    (b"\xff\xfe", ImportProblem.UTF16),
    (b"\xfe\xff", ImportProblem.UTF16),
    (b"PK\x03\x04", ImportProblem.ZIP),
    (b"\x03\xd9\xa2\x9a", ImportProblem.KEEPASS_DATABASE),
)
"""What people mistake for an export, by its first bytes: UTF-16 (RFC 2781, section 3.2), a ZIP
archive, and the KeePass database itself."""


class _CsvFormat(Protocol):
    def matches(self, columns: Sequence[str]) -> bool: ...
    def read(self, source: str, table: CsvTable) -> ParsedExport: ...


class _JsonFormat(Protocol):
    def matches(self, value: Value) -> bool: ...
    def read(self, source: str, value: Value) -> ParsedExport: ...


_CSV_FORMATS: tuple[_CsvFormat, ...] = (keepassxc_csv, bitwarden_csv)
_JSON_FORMATS: tuple[_JsonFormat, ...] = (bitwarden_json, nskeys_json)


def read_export(source: str, data: bytes) -> ParsedExport:
    """The export in `data`, understood. `source` only names it in errors.

    ImportUnreadable says why not: `too_large`, `empty`, `not_utf8`, `utf16`, `zip`,
    `keepass_database`, `xml`, `encrypted`, `unknown_format`, `other_delimiter`, or what is wrong with
    its CSV (`unterminated_quote`, `quote_in_field`, `field_too_long`, `duplicate_column`), its JSON
    (`json_syntax`, `json_depth`, `duplicate_name`) or its size (`too_many_rows`).
    """
    text = _decode(source, data)
    start = text.lstrip()[:1]
    if not start:
        raise ImportUnreadable(source, Problem.EMPTY)
    if start in "{[":
        return _read_json(source, text)
    if start == "<":
        raise ImportUnreadable(source, ImportProblem.XML)
    return _read_csv(source, text)


def _decode(source: str, data: bytes) -> str:
    """UTF-8 (RFC 3629), with or without a byte order mark."""
    if len(data) > SIZE_LIMIT:
        raise ImportUnreadable(source, ImportProblem.TOO_LARGE)
    for signature, problem in _SIGNATURES:
        if data.startswith(signature):
            raise ImportUnreadable(source, problem)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    # Raised here and not in the handler: UnicodeDecodeError carries the whole file.
    raise ImportUnreadable(source, Problem.NOT_UTF8, line)


def _read_json(source: str, text: str) -> ParsedExport:
    value = parse(source, text)
    for form in _JSON_FORMATS:
        if form.matches(value):
            return form.read(source, value)
    raise ImportUnreadable(source, ImportProblem.UNKNOWN_FORMAT)


def _read_csv(source: str, text: str) -> ParsedExport:
    header = text.lstrip().split("\n", 1)[0]
    for delimiter in ",;\t":
        form = _csv_format(source, header, delimiter)
        if form is not None and delimiter != ",":
            raise ImportUnreadable(source, ImportProblem.OTHER_DELIMITER, 1)
        if form is not None:
            return form.read(source, CsvTable(source, text))
    raise ImportUnreadable(source, ImportProblem.UNKNOWN_FORMAT, 1)


def _csv_format(source: str, header: str, delimiter: str) -> _CsvFormat | None:
    """The format whose columns this line names. A line that is no CSV names none: what is wrong
    with its quotes is of no interest while nobody knows that it was meant as CSV."""
    try:
        names = CsvTable(source, header, delimiter).names
    except ImportUnreadable:
        return None
    return next((form for form in _CSV_FORMATS if form.matches(names)), None)

"""What a file is that is no readable export, recognised by its contents."""

import re

from nskeys.model.imports import ImportFormat
from nskeys.reasons import ImportProblem

BY_FIRST_BYTES: tuple[tuple[bytes, ImportFormat | ImportProblem], ...] = (
    (b"\xff\xfe\x00\x00", ImportProblem.UTF32),
    (b"\x00\x00\xfe\xff", ImportProblem.UTF32),
    (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", ImportFormat.KDBX),
    (b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5", ImportProblem.KDBX_VERSION),
    (b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5", ImportProblem.KDB),
    (b"\x1f\x8b", ImportProblem.GZIP),
    (b"BZh", ImportProblem.COMPRESSED),
    (b"\xfd7zXZ\x00", ImportProblem.COMPRESSED),
    (b"\x28\xb5\x2f\xfd", ImportProblem.COMPRESSED),
    (b"7z\xbc\xaf\x27\x1c", ImportProblem.ARCHIVE),
    (b"Rar!\x1a\x07", ImportProblem.ARCHIVE),
    (b"age-encryption.org/", ImportProblem.AGE),
    (b"-----BEGIN AGE ENCRYPTED FILE", ImportProblem.AGE),
    (b"-----BEGIN PGP MESSAGE", ImportProblem.PGP),
    (b"Salted__", ImportProblem.OPENSSL),
    (b"SQLite format 3\x00", ImportProblem.SQLITE),
    (b"PWS3", ImportProblem.PASSWORD_SAFE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ImportProblem.SPREADSHEET),
    (b"%PDF-", ImportProblem.PDF),
    (b"{\\rtf", ImportProblem.UNKNOWN_FORMAT),
)
"""Files by the bytes that they begin with."""

_TAR_MARK = slice(257, 262)
_ZIP = b"PK\x03\x04"
_IN_ZIP: tuple[tuple[bytes, ImportFormat | ImportProblem], ...] = (
    (b"export.data", ImportFormat.ONEPUX),
    (b"export.attributes", ImportFormat.ONEPUX),
    (b"xl/", ImportProblem.SPREADSHEET),
)
_ONE_PIF = re.compile(r"^\*\*\*[0-9A-Fa-f-]{36}\*\*\*\s*$", re.MULTILINE)
_MARKUP: tuple[tuple[re.Pattern[str], ImportFormat | ImportProblem], ...] = (
    (re.compile(r"<!doctype\s+html|<(?:html|head|body|table)[\s>]", re.IGNORECASE), ImportProblem.WEB_PAGE),
    (re.compile(r"<KeePassFile[\s/>]"), ImportFormat.KEEPASS_XML),
    (re.compile(r"<(?:mrng:)?Connections[\s>]"), ImportProblem.MREMOTENG),
    (re.compile(r"<RDCMan[\s>]"), ImportProblem.RDCMAN),
    (re.compile(r"<(?:pwlist|database)[\s>]", re.IGNORECASE), ImportProblem.KEEPASS1_XML),
)
_BEGINNING = 4_096


def of_bytes(data: bytes) -> ImportFormat | ImportProblem | None:
    """Return the format of a file that is no text, or why none can be read from it; None where it may be
    text."""
    if data.startswith(_ZIP):
        # The names of a ZIP archive's members are uncompressed, at least in its directory.
        ends = data[:_BEGINNING] + data[-_BEGINNING * 16 :]
        return next((found for member, found in _IN_ZIP if member in ends), ImportProblem.ZIP)
    if data[_TAR_MARK] == b"ustar":
        return ImportProblem.ARCHIVE
    return next((problem for first, problem in BY_FIRST_BYTES if data.startswith(first)), None)


def of_markup(text: str) -> ImportFormat | ImportProblem:
    """Return the format of text that begins with "<", or why none can be read from it."""
    return next((found for known, found in _MARKUP if known.search(text[:_BEGINNING])), ImportProblem.XML)


def of_json_text(text: str) -> ImportProblem | None:
    """Return the problem of text that begins as JSON and goes on as something else; None for JSON."""
    return ImportProblem.ONEPIF if _ONE_PIF.search(text) else None


def of_json(value: object) -> ImportProblem:
    """Return the problem of JSON that none of the readers knows."""
    if isinstance(value, dict) and "vaults" in value and "encrypted" in value:
        return ImportProblem.PROTON_JSON
    return ImportProblem.UNKNOWN_FORMAT

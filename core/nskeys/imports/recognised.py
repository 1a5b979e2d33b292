"""What a file is that is no export which can be read: told by what makes it that."""

import re

BY_FIRST_BYTES = (
    (b"\xff\xfe\x00\x00", "utf32"),
    (b"\x00\x00\xfe\xff", "utf32"),
    (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", "kdbx"),
    (b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5", "kdbx"),
    (b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5", "kdb"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ\x00", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"age-encryption.org/", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "age"),
    (b"-----BEGIN PGP MESSAGE", "pgp"),
    (b"Salted__", "openssl"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"PWS3", "password_safe"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "spreadsheet"),
    (b"%PDF-", "pdf"),
)
"""Files by the bytes that they begin with."""

_ZIP = b"PK\x03\x04"
_IN_ZIP = ((b"export.data", "onepux"), (b"export.attributes", "onepux"), (b"xl/", "spreadsheet"))
_ONE_PIF = re.compile(r"^\*\*\*[0-9A-Fa-f-]{36}\*\*\*\s*$", re.MULTILINE)
_MARKUP = (
    (re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE), "web_page"),
    (re.compile(r"<KeePassFile[\s/>]"), "keepass_xml"),
    (re.compile(r"<(?:mrng:)?Connections[\s>]"), "mremoteng"),
    (re.compile(r"<RDCMan[\s>]"), "rdcman"),
    (re.compile(r"<(?:pwlist|database)[\s>]", re.IGNORECASE), "keepass1_xml"),
)
_BEGINNING = 4_096


def of_bytes(data: bytes) -> str:
    """The token of ImportUnreadable for a file that is no text; "" where nothing speaks against text."""
    found = next((token for first, token in BY_FIRST_BYTES if data.startswith(first)), "")
    if not found and data.startswith(_ZIP):
        # The names of a ZIP archive's members stand readable in it, at the latest in its directory.
        ends = data[:_BEGINNING] + data[-_BEGINNING * 16 :]
        found = next((token for member, token in _IN_ZIP if member in ends), "zip")
    return found


def of_markup(text: str) -> str:
    """The token for text that begins with "<"."""
    return next((token for known, token in _MARKUP if known.search(text[:_BEGINNING])), "xml")


def of_json_text(text: str) -> str:
    """The token for text that begins as JSON and goes on as something else; "" for JSON."""
    return "onepif" if _ONE_PIF.search(text) else ""


def of_json(value: object) -> str:
    """The token for JSON that none of the readers knows."""
    if isinstance(value, dict) and "vaults" in value and "encrypted" in value:
        return "proton_json"
    return "unknown_format"

"""The file of an export, read for an import: whole, once, and never larger than an import takes."""

from nskeys import files

EXPORT_LIMIT = 64 * 1024 * 1024
"""Bytes; the largest export that an import takes."""


def read_export(path: str) -> bytes:
    """What is in a regular file; FileUnreadable. A `~` at its beginning is this user's home."""
    return files.read_bounded(files.absolute(path), EXPORT_LIMIT)

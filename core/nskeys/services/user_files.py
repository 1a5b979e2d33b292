"""Files that a person names: read whole and bounded, or written anew and never over another."""

from collections.abc import Sequence
from pathlib import Path

from nskeys import files
from nskeys.archive.age.limits import IDENTITY_LIMIT
from nskeys.errors import CannotCreate, FileUnreadable
from nskeys.model.imports import ExportFolder
from nskeys.model.plain_text import drop_mark
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import Unlock, by_file


def save_lines(path: str, lines: Sequence[str]) -> str:
    """Write lines as `save_text` does."""
    return save_text(path, "\n".join(lines) + "\n")


def save_text(path: str, text: str) -> str:
    """Write the text durably to a new file (0600) and return its absolute path. Raises CannotCreate
    (`name_taken`) where a file is there, which is never replaced."""
    target = writable_path(path)
    files.write_new(target, text.encode("utf-8"))
    return str(target)


def writable_path(path: str) -> Path:
    """Return the absolute path of what is to be written. Raises CannotCreate."""
    try:
        return files.named_path(path)
    except FileUnreadable as error:
        raise CannotCreate(error.path, error.problem) from None


EXPORT_LIMIT = 64 * 1024 * 1024
"""Bytes; the largest export that an import takes."""


def read_export(path: str) -> bytes | ExportFolder:
    """Return the bytes of a regular file, or the folder that lies there. A `~` at the beginning is this
    user's home. Raises FileUnreadable."""
    named = files.named_path(path)
    return ExportFolder(str(named)) if files.is_folder(named) else files.read_bounded(named, EXPORT_LIMIT)


KEY_FILE_LIMIT = 1 << 20
"""Bytes; any file may be a key file, best one of some hundred bytes."""


def read_key_file(path: str) -> SecretBytes:
    """Return every byte of a database's key file. A `~` at the beginning is this user's home. Raises
    FileUnreadable."""
    return SecretBytes(files.read_bounded(files.named_path(path), KEY_FILE_LIMIT))


def read_identity_file(path: str) -> Unlock:
    """Return the bytes of a regular file as a means of opening a backup; the caller wipes it. A `~` at the
    beginning is this user's home. Whether it is an identity is found when a backup is opened. Raises
    FileUnreadable."""
    data = bytearray(files.read_bounded(files.named_path(path), IDENTITY_LIMIT))
    drop_mark(data, path)
    return by_file(path, SecretBytes(data))

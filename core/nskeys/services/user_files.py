"""What a person wants to keep (a runbook, a list of what must be re-entered), in a file. No secrets."""

from collections.abc import Sequence
from pathlib import Path

from nskeys import files
from nskeys.errors import CannotCreate, FileUnreadable


def save_lines(path: str, lines: Sequence[str]) -> str:
    """`save_text`, of lines."""
    return save_text(path, "\n".join(lines) + "\n")


def save_text(path: str, text: str) -> str:
    """Write the text durably to a new file (0600) and give its absolute path. A file that is there is
    never replaced: CannotCreate (`name_taken`)."""
    target = writable_path(path)
    files.write_new(target, text.encode("utf-8"))
    return str(target)


def writable_path(path: str) -> Path:
    """The absolute path of what is to be written; CannotCreate."""
    try:
        return files.named_path(path)
    except FileUnreadable as error:
        raise CannotCreate(error.path, error.problem) from None

"""A list that a person wants to keep, say of what must be re-entered, written to a file. No secrets."""

from collections.abc import Sequence
from pathlib import Path

from nskeys import files
from nskeys.errors import CannotCreate


def save_lines(path: str, lines: Sequence[str]) -> str:
    """Write the lines durably to a new file (0600) and give its absolute path. A file that is there is
    never replaced: CannotCreate (`name_taken`)."""
    target = Path(path).expanduser().absolute()
    try:
        files.write_new(target, ("\n".join(lines) + "\n").encode("utf-8"))
    except FileExistsError:
        raise CannotCreate(str(target), "name_taken") from None
    return str(target)

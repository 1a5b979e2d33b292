"""What a person wants to keep (a runbook, a list of what must be re-entered), in a file. No secrets."""

from collections.abc import Sequence

from nskeys import files
from nskeys.errors import CannotCreate


def save_lines(path: str, lines: Sequence[str]) -> str:
    """`save_text`, of lines."""
    return save_text(path, "\n".join(lines) + "\n")


def save_text(path: str, text: str) -> str:
    """Write the text durably to a new file (0600) and give its absolute path. A file that is there is
    never replaced: CannotCreate (`name_taken`)."""
    target = files.absolute(path)
    try:
        files.write_new(target, text.encode("utf-8"))
    except FileExistsError:
        raise CannotCreate(str(target), "name_taken") from None
    return str(target)

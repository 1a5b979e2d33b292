"""Pruning: files as rows, and one file in full."""

from nskeys.model.retention import Decision, Fate
from nskeys.wording.copies import backup_name, place_word
from nskeys.wording.prune import UNKNOWN_FILE, fate_word, reason_words
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import day, when


def decision_row(one: Decision) -> tuple[str, ...]:
    """What becomes of it, the backup's number, its day, and why."""
    copy = one.copy
    return (
        fate_word(one.fate),
        number(copy.backup.generation) if copy else "",
        day(copy.backup.created) if copy else "",
        reason_words(one.reason),
    )


def decision_style(one: Decision) -> str:
    """`warning` for what goes; what stays is `quiet`."""
    return "quiet" if one.fate is Fate.KEEP else "warning"


def decision_about(one: Decision) -> tuple[tuple[str, str], ...]:
    """The row in full: which file, and of which backup."""
    copy = one.copy
    if copy is None:
        return (("File", safe(one.address)), ("Backup", UNKNOWN_FILE))
    backup = f"{backup_name(copy)} of {when(copy.backup.created)}, {place_word(copy.where)}"
    return (("File", safe(one.address)), ("Backup", backup))

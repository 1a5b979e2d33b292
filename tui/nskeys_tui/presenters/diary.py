"""The diary of drills as rows: when, which backup, how far, by whom, and whether it is vouched for."""

from nskeys.model.diary import DrillEntry
from nskeys.wording.drills import (
    backup_word,
    drill_end_words,
    failures_words,
    is_good,
    opened_words,
    result_word,
    vouched_word,
    who_word,
)
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import took, when


def diary_cells(entry: DrillEntry) -> tuple[str, ...]:
    """When, backup, result, opened, who, where, whether the line is signed, and a mark."""
    tried = entry.reached is not None
    return (
        when(entry.began),
        backup_word(entry),
        result_word(entry),
        number(entry.opened) if tried else "",
        safe(entry.actor.sudo_user or entry.actor.user),
        safe(entry.host),
        vouched_word(entry),
        diary_mark(entry),
    )


def diary_mark(entry: DrillEntry) -> str:
    """`!` for a drill that failed or left something closed, and for a line that nobody vouches for."""
    return "" if is_good(entry) and entry.signed else "!"


def diary_style(entry: DrillEntry) -> str:
    """`warning` for what wants to be read; never without the mark."""
    return "warning" if diary_mark(entry) else ""


def diary_about(entry: DrillEntry) -> tuple[tuple[str, str], ...]:
    """A line below the table: what matters first, for there may be no room for all of it."""
    result = opened_words(entry) if entry.reached is not None else drill_end_words(entry.end)
    failed = failures_words(entry)
    return (
        ("Result", f"{result}: {failed}" if failed else result),
        ("Took", f"{took(entry.seconds)}, on {safe(entry.host)}, by {who_word(entry.actor)}"),
        ("File", safe(entry.address)),
    )

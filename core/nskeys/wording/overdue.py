"""What is overdue: a drill, and a person who types what opens the backups."""

from datetime import datetime

from nskeys.wording.text.numbers import number
from nskeys.wording.text.times import ago, when


def drill_overdue_words(drilled: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return that a drill is overdue, in variants from long to short, to stand beside the key that
    helps."""
    if drilled is None:
        return ("no backup that counts was ever drilled", "none was ever drilled")
    return (f"the last drill was {ago(drilled, now)}", f"last {ago(drilled, now)}")


def typing_overdue_words(typed: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return that typing what opens the backups is overdue, as `drill_overdue_words` does."""
    if typed is None:
        return ("nobody ever typed it: a drill shows who knows it", "nobody ever typed it")
    return (f"last typed by a person {ago(typed, now)}", f"typed {ago(typed, now)}")


def drill_overdue_sentence(drilled: datetime | None, days: int) -> str:
    """Return that a drill is overdue, and what to do."""
    last = "None was ever done" if drilled is None else f"The last one was on {when(drilled)}"
    return (
        f"A drill is overdue: one is due every {number(days)} days. {last}; 'nskeys drill latest' "
        "proves that a backup opens."
    )


def typing_overdue_sentence(typed: datetime | None) -> str:
    """Return that nobody typed what opens the backups, and what to do."""
    last = "Nobody is known to have typed" if typed is None else f"Since {when(typed)} nobody has typed"
    return f"{last} what opens the backups: a drill by a person shows that it is still known."

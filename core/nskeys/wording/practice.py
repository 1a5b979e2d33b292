"""Drills that are overdue and passwords that nobody typed for long, for a line and in sentences."""

from datetime import datetime

from nskeys.model.monitoring import Practice
from nskeys.wording.text.times import ago, when


def drill_overdue_words(known: Practice, now: datetime) -> tuple[str, ...]:
    """Beside the key that helps, and shorter."""
    if known.drilled is None:
        return ("no backup that counts was ever drilled", "none was ever drilled")
    return (f"the last drill was {ago(known.drilled, now)}", f"last {ago(known.drilled, now)}")


def typing_overdue_words(known: Practice, now: datetime) -> tuple[str, ...]:
    """The same of what opens the backups."""
    if known.typed is None:
        return ("nobody ever typed it: a drill shows who knows it", "nobody ever typed it")
    return (f"last typed by a person {ago(known.typed, now)}", f"typed {ago(known.typed, now)}")


def overdue_sentences(known: Practice, now: datetime) -> tuple[str, ...]:
    """What is overdue and what to do, in whole sentences; empty where nothing is."""
    said = []
    if known.drill_overdue(now):
        last = (
            "None was ever done" if known.drilled is None else f"The last one was on {when(known.drilled)}"
        )
        said.append(
            f"A drill is overdue: {known.days} days may pass between two. {last}; 'nskeys drill latest' "
            "proves that a backup opens."
        )
    if known.typing_overdue(now):
        last = (
            "Nobody is known to have typed"
            if known.typed is None
            else f"Since {when(known.typed)} nobody has typed"
        )
        said.append(f"{last} what opens the backups: a drill by a person shows that it is still known.")
    return tuple(said)

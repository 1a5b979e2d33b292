"""Destinations in words: whether backups go there, what a declaration means, what is asked."""

from nskeys.model.destinations import DestinationInfo, Location, Whereabouts
from nskeys.model.schedule import Schedule
from nskeys.wording.text.terminal import safe

SPACE_MARKS = "Space marks several: each gets a copy of its own. Enter goes on."
ADD_HELP = "A folder, best on another machine; or sftp://user@host/path"
THERE_TITLE = "Backups at a destination"
KEY_FILE = "The key that its server is shown. Leave it empty for those of an agent and of ~/.ssh."
KEY_FILE_LABEL = "Key file"
KEY_FILE_HELP = "for example: /root/.ssh/nskeys; only its path is kept"
DECLARE = (
    "Files in a folder on this machine's disk do not survive it. If they are carried away by other means, "
    "say how; then backups there count as elsewhere. Leave it empty where they are not."
)
DECLARE_LABEL = "Carried away"
DECLARE_HELP = "for example: tape to the safe, daily"
DEFAULT = "The next backup goes there unless told otherwise."
NOT_CONFIGURED = "It is no configured destination: it is only where the next backup goes by itself."
_READY = {
    Location.ELSEWHERE: "can be written, and count once they were opened there",
    Location.HERE: "can be written, and die with this machine",
    Location.UNKNOWN: "can be written; nobody knows if they outlive this machine, so they do not count",
}


def ready_words(where: Whereabouts, *, default: bool) -> str:
    """What becomes of backups there: `can be written, and die with this machine`."""
    return _READY[where.location] + ("; the next one goes there" if default else "")


def scheduled_words(schedule: Schedule | None, *, configured: bool) -> str:
    """Whether the daily backup goes there too: `every day`, `by hand only`."""
    if schedule is None or not schedule.installed:
        return "by hand only: no schedule is installed"
    if not configured:
        return "by hand only: the schedule goes to configured destinations"
    if not schedule.in_force:
        return "not surely: the schedule is not in force, or was installed before (m, Schedule)"
    return "every day where a key is not there yet, by the schedule"


def declared_words(before: DestinationInfo, declared: str) -> str:
    """What a changed declaration means."""
    address = safe(before.address)
    if declared:
        return f"{address} is declared as carried elsewhere: {safe(declared)}."
    return f"{address} is no longer declared as carried elsewhere."


def remove_question(destination: DestinationInfo, *, default: bool) -> tuple[str, ...]:
    """What is asked before a destination is forgotten."""
    first = f"Forget the destination {safe(destination.address)}?"
    return (
        first,
        "Backups there stay, and so do their rows in the register.",
        *(("It is where the next backup would go.",) if default else ()),
    )

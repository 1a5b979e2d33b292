"""Drills in words: the diary of who tried which copy and how far it came."""

from types import MappingProxyType

from nskeys.model.diary import DiaryFate, DrillEnd, DrillEntry
from nskeys.model.register import Proof
from nskeys.wording.labels import proof_name
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import took, when
from nskeys.wording.who import who_words

EMPTY = "No drill was done yet."
DRILL_HELP = (
    "A drill opens a key backup, and with its keys every credential of the database copy beside it, in "
    "memory. It changes nothing; the register remembers the result, and the diary both files."
)
_ENDS = MappingProxyType(
    {
        DrillEnd.PROVEN: "proven",
        DrillEnd.WRONG_PASSWORD: "wrong password",
        DrillEnd.OTHER_IDENTITY: "other identity",
        DrillEnd.DAMAGED: "damaged",
        DrillEnd.FORGED: "forged",
        DrillEnd.MISSING: "missing",
        DrillEnd.UNREACHABLE: "unreachable",
        DrillEnd.BROKEN_OFF: "broken off",
    }
)
_WHY = MappingProxyType(
    {
        DrillEnd.PROVEN: "every credential was tried",
        DrillEnd.WRONG_PASSWORD: "what was typed did not open it, and the drill was given up",
        DrillEnd.OTHER_IDENTITY: "the identity that was given is none of its recipients",
        DrillEnd.DAMAGED: "the file is not what was written",
        DrillEnd.FORGED: "a companion in the archive was changed",
        DrillEnd.MISSING: "the file was gone",
        DrillEnd.UNREACHABLE: "its place could not be reached",
        DrillEnd.BROKEN_OFF: "the CMDB could not be read to the end",
    }
)
_FATES = MappingProxyType(
    {
        DiaryFate.SIGNED: "The diary of drills records it.",
        DiaryFate.UNSIGNED: (
            "The diary of drills records it unsigned, because the server's keys were not available. For a "
            "result that counts, drill on the server itself."
        ),
        DiaryFate.NOT_WRITTEN: "The diary of drills does not record it: it cannot be written from here.",
    }
)


def drill_end_name(end: DrillEnd) -> str:
    """Return text such as `wrong password`, for a column."""
    return _ENDS[end]


def drill_end_words(end: DrillEnd) -> str:
    """Return how a drill ended, in a few words more than `drill_end_name`."""
    return _WHY[end]


def diary_fate(fate: DiaryFate) -> str:
    """Return whether the diary has a line of a drill."""
    return _FATES[fate]


def result_word(entry: DrillEntry) -> str:
    """Return, for a column, how far the drill came or what ended it."""
    return drill_end_name(entry.end) if entry.reached is None else proof_name(entry.reached)


def is_good(entry: DrillEntry) -> bool:
    """Return whether it proved all that a drill can."""
    return entry.reached is Proof.CREDENTIALS_OPEN and not entry.failed


def backup_word(entry: DrillEntry) -> str:
    """Return the number of the backup; empty where the file was never read."""
    return number(entry.generation) if entry.generation else ""


def rows_word(entry: DrillEntry) -> str:
    """Return, for a column, whose rows were tried: `copy 187`, or those of the CMDB."""
    if entry.reached is None and not entry.copy_number:
        return ""
    return f"copy {number(entry.copy_number)}" if entry.copy_number else "CMDB"


def vouched_word(entry: DrillEntry) -> str:
    """Return, for a column, whether the line is signed."""
    return "signed" if entry.signed else "unsigned"


def opened_words(entry: DrillEntry) -> str:
    """Return how many credentials opened, and how many did not and why: `14 opened`."""
    parts = [f"{number(entry.opened)} opened"]
    if entry.missing:
        parts.append(f"{number(entry.missing)} need a key that is not in it")
    if entry.tampered:
        parts.append(f"{number(entry.tampered)} did not open although their key is in it")
    return ", ".join(parts)


def failures_words(entry: DrillEntry) -> str:
    """Return which credentials did not open; empty where all did."""
    rest = entry.failed - len(entry.failures)
    names = [safe(name) for name in entry.failures] + ([f"{number(rest)} more"] if rest > 0 else [])
    return listed(tuple(names)) if names else ""


def entry_facts(entry: DrillEntry) -> tuple[tuple[str, str], ...]:
    """Return everything about one drill, for a page."""
    failed = (("Did not open", failures_words(entry)),) if entry.failures else ()
    return (
        ("Drill", number(entry.number)),
        ("Result", f"{result_word(entry)}: {drill_end_words(entry.end)}"),
        ("Credentials", opened_words(entry) if entry.reached is not None else "not tried"),
        *failed,
        ("When", when(entry.began)),
        ("Took", took(entry.seconds)),
        ("Who", who_words(entry.actor)),
        ("Where", safe(entry.host)),
        ("Password", "typed by a person" if entry.typed else "not typed by a person"),
        ("Backup", f"number {backup_word(entry)}" if entry.generation else "not known"),
        ("File", safe(entry.address)),
        ("SHA-256", safe(entry.archive_sha256) or "not known"),
        *rows_of(entry),
        (
            "Vouched for",
            "by the key of this server"
            if entry.signed
            else "by nobody: the server's keys were not available, or the line was changed in the database",
        ),
    )


def rows_of(entry: DrillEntry) -> tuple[tuple[str, str], ...]:
    """Return which rows were tried, where those of a database copy were."""
    if not entry.copy_sha256:
        return ()
    return (
        ("Database copy", f"of change {number(entry.copy_number)}"),
        ("Its SHA-256", safe(entry.copy_sha256)),
    )


def unreadable_lines(rows: int) -> str:
    return f"! {count(rows, 'line')} cannot be understood"

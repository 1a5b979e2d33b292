"""Words for custodians: how things stand, what a split would do, and what was proven."""

from collections.abc import Iterator

from nskeys.model.custodians import SHARES_MOST, THRESHOLD_LEAST, CheckReport, Custodians, SplitPlan
from nskeys.model.recovery import RecoveryIdentity
from nskeys.wording.shares import needed_words
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when

NONE = "No custodians: nobody opens the backups together with others."
MEANS = (
    "Custodians open the backups of this server together, when it is gone and the one who knows the "
    "password is too. Each has a sheet with 20 words; no sheet says anything by itself."
)
NOT_CHECKED = "Custodians not yet checked: their shares open no backup before every one was proven."
COPY_IT = "Copy every word, and the first three lines, on paper. Keep it apart from the others."
HAND_OVER = "Only the custodian of this sheet looks at the screen now."
IN_FILES = (
    "They are secrets in files. Print them, give each to its custodian, and remove the files; then check "
    "every share."
)
ON_DISK = (
    "That folder lies on a disk, where removed files can be found again. One in memory is better, below "
    "/dev/shm."
)
THEN_CHECK = "Nothing counts yet: now every custodian types the words in again, from the paper."
PLACE_IN_MEMORY = "/dev/shm/sheets"  # noqa: S108  # offered to a person, who says where
OTHER_NUMBERS = "How many custodians, and how many of them are needed?"
FOLDER_HELP = "It must be there already, for you alone; best in memory, below /dev/shm."
LEAVE = "Sheets are shown once."
LEFT = "Sheets that were not copied are gone, and this set cannot be proven any more. Make a new one."
CHECKED = "Every share was proven"
NOW_BACK_UP = "Backups that were made before are not opened by these sheets: back up now."


def state_rows(state: Custodians) -> Iterator[tuple[str, str]]:
    """How things stand, as names and values."""
    for label, identity in (("in force", state.in_force), ("waiting", state.waiting)):
        if identity is not None:
            yield label, set_words(identity)
            yield "", f"made {when(identity.created)}, {safe(identity.recipient)}"
    if state.in_force is None and state.waiting is None:
        yield "in force", "none"
    if state.earlier:
        names = listed(tuple(f"number {number(one.number)}" for one in state.earlier))
        yield "earlier", f"{names}; their sheets open the backups of their time"


def set_words(identity: RecoveryIdentity) -> str:
    """`number 2, set "acquire surprise": any 3 of 5 shares`."""
    name = f', set "{identity.set_name}"' if identity.set_name else ""
    needed = f"any {number(identity.threshold)} of {number(identity.shares)} shares"
    return f"number {number(identity.number)}{name}: {needed}"


def plan_lines(plan: SplitPlan) -> list[str]:
    """What a split would do."""
    lines = [needed_words(plan.shares, plan.threshold)]
    if plan.replaces is not None:
        lines.append(
            f"The sheets of number {number(plan.replaces.number)} stay in force until every new one was "
            "proven, and go on opening the backups of their time."
        )
    if plan.drops is not None:
        lines.append(
            f'The set "{plan.drops.set_name}" was never proven; its sheets are worth nothing then and '
            "should be destroyed."
        )
    return lines


def split_title(shares: int, threshold: int) -> str:
    """`5 custodians, any 3 open`."""
    return f"{count(shares, 'custodian')}, any {number(threshold)} open"


def made_line(shares: int, set_name: str) -> str:
    """What was split."""
    return f'{count(shares, "share")} were made, set "{set_name}". They wait for their proof.'


def files_line(files: int, folder: str) -> str:
    """Where the sheets are."""
    return f"{count(files, 'sheet')} are in {safe(folder)}."


def check_lines(report: CheckReport) -> list[str]:
    """What was proven, and what follows from it."""
    identity = report.identity
    lines = [
        f"Every one of the {count(identity.shares, 'share')} was proven.",
        f"Any {number(identity.threshold)} of them open the custodians' identity; that opened a test file.",
    ]
    if report.first:
        lines.append(f"They are recipients of every backup from now on. {NOW_BACK_UP}")
    if report.replaced is not None:
        lines.append(
            f"The sheets of number {number(report.replaced.number)} open the backups of their time, and "
            "none that is made from now on."
        )
    return lines


# --- numbers that are typed -----------------------------------------------------------------------------


def split_numbers(text: str) -> tuple[int, int] | None:
    """`5 3` as two numbers; None where it is anything else, or no split."""
    parts = text.split()
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts):
        return None
    shares, threshold = int(parts[0]), int(parts[1])
    return (shares, threshold) if THRESHOLD_LEAST <= threshold <= shares <= SHARES_MOST else None


def split_problem(text: str) -> str:
    """What is wrong with typed numbers; empty where nothing is."""
    said = "Type two numbers, as 5 3: 2 to 16, and 2 to the first one."
    return said if split_numbers(text) is None else ""

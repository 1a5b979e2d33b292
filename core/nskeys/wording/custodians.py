"""Custodians in words: how things stand, what a split does, and what is asked while shares are typed."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from nskeys.errors import ShareRefused
from nskeys.model.custodians import (
    SHARE_WORDS,
    SHARES_MOST,
    THRESHOLD_LEAST,
    CheckReport,
    Custodians,
    ShareLabel,
    ShareProgress,
    SplitPlan,
)
from nskeys.model.recovery import RecoveryIdentity
from nskeys.reasons import ShareProblem
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import Sentence, capitalised, either, listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from nskeys.wording.waiting import LEAVE_QUESTION

NONE = "There are no custodians."
MEANS = (
    "Custodians open the backups of this server together, when the server is gone and nobody knows the "
    "password. Each has a sheet with 20 words; one sheet alone opens nothing."
)
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
THEN_CHECK = "The sheets do not count yet: every custodian now types the words in again, from the paper."
PLACE_IN_MEMORY = "/dev/shm/sheets"  # noqa: S108  # offered to a person, who says where
OTHER_NUMBERS = "How many custodians, and how many of them are needed?"
FOLDER_HELP = "A folder that exists and is yours alone; best in memory, below /dev/shm."
LEAVE = "Sheets are shown once."
LEFT = "Sheets that were not copied are gone, and this set cannot be proven any more. Make a new one."
NOW_BACK_UP = "These sheets do not open earlier backups: back up now."


def state_rows(state: Custodians) -> Iterator[tuple[str, str]]:
    """Yield the state as names and values."""
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
    """Return text such as `number 2, set "acquire surprise": any 3 of 5 shares`."""
    name = f', set "{identity.set_name}"' if identity.set_name else ""
    needed = f"any {number(identity.threshold)} of {number(identity.shares)} shares"
    return f"number {number(identity.number)}{name}: {needed}"


def plan_lines(plan: SplitPlan) -> list[str]:
    """Return what a split would do."""
    lines = [needed_words(plan.shares, plan.threshold)]
    if plan.replaces is not None:
        lines.append(
            f"The sheets of number {number(plan.replaces.number)} stay in force until every new one was "
            "proven, and go on opening the backups of their time."
        )
    if plan.drops is not None:
        lines.append(
            f'The set "{plan.drops.set_name}" was never proven; its sheets are useless then and '
            "should be destroyed."
        )
    return lines


def split_title(shares: int, threshold: int) -> str:
    """Return text such as `5 custodians, any 3 open`."""
    return f"{count(shares, 'custodian')}, any {number(threshold)} open"


def made_line(shares: int, set_name: str) -> str:
    """Return the line about a split that was made."""
    return f'{count(shares, "share")} were made, set "{set_name}". They count once each was checked.'


def files_line(files: int, folder: str) -> str:
    """Return the line about where the sheets are."""
    return f"{count(files, 'sheet')} are in {safe(folder)}."


BACK_UP_NOW = "b makes the first backup that they open. Keep each sheet where the server is not."


def check_lines(report: CheckReport) -> list[str]:
    """Return what the check proved, and what follows from it."""
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
    """Return `5 3` as two numbers; None where it is anything else, or no possible split."""
    parts = text.split()
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts):
        return None
    shares, threshold = int(parts[0]), int(parts[1])
    return (shares, threshold) if THRESHOLD_LEAST <= threshold <= shares <= SHARES_MOST else None


def split_problem(text: str) -> str:
    """Return what is wrong with typed numbers; empty where nothing is."""
    said = "Type two numbers, as 5 3: 2 to 16, and 2 to the first one."
    return said if split_numbers(text) is None else ""


SEEN = (
    "The words are shown while they are typed, so that they can be compared with the sheet. Make sure "
    "that nobody is watching."
)
"""Why, in decision 0020: twenty words typed blind are not typed right, and a checksum names no word."""
SEEN_BRIEFLY = "Compare the words with the sheet, and let nobody watch."
EMPTY_SHEET = "Ctrl+U empties the sheet."
HIDDEN_WORD = "= a word in the list"
HOW = (
    "The first four letters of a word are enough. Several words in a line, or a scanned code, will do too."
)
CORRECT = (
    "Type the number of a word and the word ('7 academic') to correct it, or press Enter to begin this "
    "sheet anew."
)
COLUMNS, _ROWS = 4, 5
_WORD_CELLS = 8

_REFUSED = MappingProxyType(
    {
        ShareProblem.EMPTY: Sentence("No words were given.", f"Type the {SHARE_WORDS} words of the sheet."),
        ShareProblem.NOT_TEXT: Sentence("This is not text.", f"Type the {SHARE_WORDS} words of the sheet."),
        ShareProblem.CHECKSUM: Sentence(
            "The words are all in the list, but their checksum does not match: one is another word on the "
            "sheet, or two changed places.",
            "Compare them with the sheet, one by one.",
        ),
        ShareProblem.OTHER_SCHEME: Sentence(
            "These words are a share of another kind than nskeys makes.",
            "Use a sheet that nskeys made.",
        ),
        ShareProblem.BEYOND_SET: Sentence(
            "This share has a higher number than the set has shares.", "Use a sheet of this set."
        ),
    }
)


def refusal(error: ShareRefused) -> Sentence:
    """Return why a share cannot be taken, and what to do. Quotes no word of it, since this may end up in a
    log."""
    if error.reason is ShareProblem.WORD:
        return Sentence(
            f"Word {number(error.word)} is not in the list.",
            "Compare it with the sheet: no two words of the list begin with the same four letters.",
        )
    if error.reason is ShareProblem.MISSING:
        return Sentence(f"Word {number(error.word)} is missing.", "Type every word of the sheet.")
    if error.reason is ShareProblem.COUNT:
        return Sentence(
            f"A share has {SHARE_WORDS} words, and this has {number(error.word)}.",
            "Type every word of the sheet, in its order.",
        )
    if error.reason is ShareProblem.GIVEN:
        return Sentence(
            f"Share {number(error.share)} was given already.", "Take the sheet of another custodian."
        )
    if error.reason is ShareProblem.OTHER_SET:
        return Sentence(
            "This sheet is from another set: its first two words are not those of this set.",
            "Take a sheet of the set that is asked for; an old set opens old backups alone.",
        )
    return _REFUSED[error.reason]


def progress_line(gathered: ShareProgress) -> str:
    """Return text such as `Set "acquire surprise": 1 of 3 given (share 4), 2 more needed.`"""
    name = f'Set "{gathered.set_name}"' if gathered.set_name else "The set is known from the first sheet"
    if not gathered.wanted:
        return f"{name}."
    given = f"{number(len(gathered.given))} of {number(gathered.wanted)} given"
    if gathered.given:
        given += f" ({listed(tuple(number(share) for share in sorted(gathered.given)), 16)})"
    more = f", {number(gathered.missing)} more needed" if gathered.missing else ""
    return f"{name}: {given}{more}."


def leave_question(gathered: ShareProgress) -> str:
    """Return what is asked before a sheet, and those given before it, are left."""
    if not gathered.given:
        return LEAVE_QUESTION
    shares = listed(tuple(number(share) for share in sorted(gathered.given)), 16)
    were = "Share {} was" if len(gathered.given) == 1 else "Shares {} were"
    return f"{were.format(shares)} given and would have to be given again. Leave all the same?"


def title(gathered: ShareProgress) -> str:
    """Return `The first sheet`, or text such as `Sheet 2 of 3`."""
    if not gathered.wanted:
        return "The first sheet"
    return f"Sheet {number(len(gathered.given) + 1)} of {number(gathered.wanted)}"


def word_question(place: int) -> str:
    """Return text such as `Word 7 of 20`, for the place 6."""
    return f"Word {place + 1} of {SHARE_WORDS}"


def share_name(label: ShareLabel, shares: int) -> str:
    """Return text such as `share 2 of 5`."""
    return f"share {number(label.number)} of {number(shares)}"


def word_rows(words: Sequence[str], mark: int = -1, *, hidden: bool = False) -> list[str]:
    """Return the words in numbered columns, read downwards; a `>` before the one at `mark`; a dot where
    none is, or hidden."""
    cells = []
    for place in range(SHARE_WORDS):
        word = words[place] if place < len(words) else ""
        shown = ("*" * 4 if hidden else word) if word else "." * 4
        sign = ">" if place == mark else " "
        cells.append(f"{sign}{place + 1:>2} {shown:<{_WORD_CELLS}}")
    return [" ".join(cells[row::_ROWS]).rstrip() for row in range(_ROWS)]


def suggestions_line(certain: str, suggestions: Sequence[str], unknown: bool) -> str:
    """Return what the letters in the line may become."""
    if unknown:
        meant = f" Did you mean {either(tuple(suggestions))}?" if suggestions else ""
        return f"That word is not in the list.{meant}"
    if certain:
        return f"= {certain}"
    return " ".join(suggestions) + (" …" if suggestions else "")


def needed_words(shares: int, threshold: int) -> str:
    """Return what the two numbers of a split mean, in plain words."""
    lost = shares - threshold
    losing = "no sheet may get lost" if not lost else f"{count(lost, 'sheet')} may get lost"
    return (
        f"{count(shares, 'custodian')} get a sheet each; any {number(threshold)} of them together open the "
        f"backups, {number(threshold - 1)} cannot. {capitalised(losing)}."
    )

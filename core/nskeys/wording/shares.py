"""Words around custodians' shares: what is asked, how far one is, why a share cannot be taken."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.errors import ShareRefused
from nskeys.model.custodians import SHARE_WORDS, Gathered, ShareLabel
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import Sentence, either, listed, token_words

SEEN = (
    "The words are shown while they are typed, so that they can be compared with the sheet. See to it that "
    "nobody looks on."
)
"""Why, in decision 0020: twenty words typed blind are not typed right, and a checksum names no word."""
SEEN_BRIEFLY = "Compare the words with the sheet, and let nobody look on."
HIDDEN_WORD = "= a word of the list"
HOW = (
    "The first four letters of a word are enough. Several words in a line, or a scanned code, will do too."
)
CORRECT = (
    "Type the number of a word and the word ('7 academic') to correct it, or press Enter to begin this "
    "sheet anew."
)
PASS_ON = "Pass the keyboard to the next custodian, then press Enter."
COLUMNS, _ROWS = 4, 5
_WORD_CELLS = 8

_REFUSED = MappingProxyType(
    {
        "empty": Sentence("No words were given.", f"Type the {SHARE_WORDS} words of the sheet."),
        "not_text": Sentence("This is no text.", f"Type the {SHARE_WORDS} words of the sheet."),
        "checksum": Sentence(
            "The words are all in the list, but their checksum does not match: one is another word on the "
            "sheet, or two changed places.",
            "Compare them with the sheet, one by one.",
        ),
        "other_scheme": Sentence(
            "These words are a share of another kind than nskeys makes.",
            "Use a sheet that nskeys made.",
        ),
        "beyond_set": Sentence(
            "This share has a higher number than the set has shares.", "Use a sheet of this set."
        ),
    }
)


def refusal(error: ShareRefused) -> Sentence:
    """Why a share cannot be taken, and what to do. No word of it is said: this may end up in a log."""
    if error.reason == "word":
        return Sentence(
            f"Word {number(error.word)} is none of the list.",
            "Compare it with the sheet: no two words of the list begin with the same four letters.",
        )
    if error.reason == "missing":
        return Sentence(f"Word {number(error.word)} is missing.", "Type every word of the sheet.")
    if error.reason == "count":
        return Sentence(
            f"A share has {SHARE_WORDS} words, and this has {number(error.word)}.",
            "Type every word of the sheet, in its order.",
        )
    if error.reason == "given":
        return Sentence(
            f"Share {number(error.share)} was given already.", "Take the sheet of another custodian."
        )
    if error.reason == "other_set":
        return Sentence(
            "This sheet is from another set: its first two words are not those of this set.",
            "Take a sheet of the set that is asked for; an old set opens old backups alone.",
        )
    unknown = Sentence(
        f"This share cannot be taken: {token_words({}, error.reason)}.", "Take another sheet."
    )
    return _REFUSED.get(error.reason, unknown)


def progress_line(gathered: Gathered) -> str:
    """`Set "acquire surprise": 1 of 3 given (share 4), 2 more needed.`"""
    name = f'Set "{gathered.set_name}"' if gathered.set_name else "The set is known from the first sheet"
    if not gathered.wanted:
        return f"{name}."
    given = f"{number(len(gathered.given))} of {number(gathered.wanted)} given"
    if gathered.given:
        given += f" ({listed(tuple(number(share) for share in sorted(gathered.given)), 16)})"
    more = f", {number(gathered.missing)} more needed" if gathered.missing else ""
    return f"{name}: {given}{more}."


def title(gathered: Gathered) -> str:
    """`Sheet 2 of 3`, `The first sheet`."""
    if not gathered.wanted:
        return "The first sheet"
    return f"Sheet {number(len(gathered.given) + 1)} of {number(gathered.wanted)}"


def word_question(place: int) -> str:
    """`Word 7 of 20`, for the place 6."""
    return f"Word {place + 1} of {SHARE_WORDS}"


def share_name(label: ShareLabel, shares: int) -> str:
    """`share 2 of 5`."""
    return f"share {number(label.number)} of {number(shares)}"


def word_rows(words: Sequence[str], mark: int = -1, *, hidden: bool = False) -> list[str]:
    """The words in numbered columns, read downwards; a `>` before the one at `mark`; a dot where none is,
    or hidden."""
    cells = []
    for place in range(SHARE_WORDS):
        word = words[place] if place < len(words) else ""
        shown = ("*" * 4 if hidden else word) if word else "." * 4
        sign = ">" if place == mark else " "
        cells.append(f"{sign}{place + 1:>2} {shown:<{_WORD_CELLS}}")
    return [" ".join(cells[row::_ROWS]).rstrip() for row in range(_ROWS)]


def suggestions_line(certain: str, suggestions: Sequence[str], unknown: bool) -> str:
    """What the letters in the line may become."""
    if unknown:
        meant = f" Did you mean {either(tuple(suggestions))}?" if suggestions else ""
        return f"That is no word of the list.{meant}"
    if certain:
        return f"= {certain}"
    return " ".join(suggestions) + (" …" if suggestions else "")


def needed_words(shares: int, threshold: int) -> str:
    """What N and T mean, in plain words."""
    lost = shares - threshold
    losing = "no sheet may get lost" if not lost else f"{count(lost, 'sheet')} may get lost"
    return (
        f"{count(shares, 'custodian')} get a sheet each; any {number(threshold)} of them together open the "
        f"backups, {number(threshold - 1)} cannot. {losing[0].upper()}{losing[1:]}."
    )

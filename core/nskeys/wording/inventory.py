"""Differences between the credentials and the inventory, in sentences."""

from collections.abc import Iterable, Iterator, Sequence

from nskeys.model.inventory import KeyDifference
from nskeys.wording.labels import kid_name
from nskeys.wording.text.numbers import count

_BY = "by something other than nskeys"
_ADVICE = (
    "Find out who wrote to the database, and bring it back from its own backup. Until then, do not trust "
    "the secrets of {}."
)


def difference_lines(differences: Sequence[KeyDifference]) -> tuple[str, ...]:
    """Return what was done to the credentials of each key, and what to do; nothing where they are what they
    must be."""
    if not differences:
        return ()
    found = [sentence for difference in differences for sentence in difference_sentences(difference)]
    return (*found, _ADVICE.format("this key" if len(differences) == 1 else "these keys"))


def difference_sentences(difference: KeyDifference) -> Iterable[str]:
    """Return what was done to the credentials of one key, a sentence each."""
    key = f"key {kid_name(difference.kid)}"
    if not difference.readable:
        return (f"What {key} seals cannot be checked: its row in the database was changed {_BY}.",)
    return tuple(_changes(difference, key)) or (f"At least one credential of {key} was changed {_BY}.",)


def difference_brief(difference: KeyDifference) -> str:
    """Return the same in a few words, for the first screen."""
    key = kid_name(difference.kid)
    for number, what in ((difference.removed, "removed"), (difference.added, "added")):
        if number:
            return f"{count(number, 'row')} of {key} {what} by others"
    return f"rows of {key} changed by others"


def _changes(difference: KeyDifference, key: str) -> Iterator[str]:
    for number, what in ((difference.removed, "removed"), (difference.added, "added")):
        if number:
            was = "was" if number == 1 else "were"
            yield f"{count(number, 'credential')} of {key} {was} {what} {_BY}."
    if difference.older:
        yield f"At least one credential of {key} was put back to an older state {_BY}."

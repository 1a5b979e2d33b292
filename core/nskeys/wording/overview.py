"""Words of the first screen that are not the answer itself."""

from nskeys.wording.text.numbers import number

LOOKING = "Looking at the backups … until then, this is what the register remembers"
NO_CREDENTIALS = "No credentials here yet; a adds one"
FOUND_NOTHING = "Nothing found"


def found_words(found: int) -> str:
    """How many credentials a search found."""
    return f"{number(found)} found"

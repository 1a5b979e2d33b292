"""The words of the file browser."""

from nskeys.wording.text.terminal import safe

NEW_FOLDER, NEW_FOLDER_LABEL = "New folder", "Name"
BEGINS = "begins with {}"
NO_ANSWER = "The folder does not answer."
_LONGEST = 255


def nothing_begins(typed: str) -> str:
    """Return that no name here begins with what was typed."""
    return f"No name {BEGINS.format(safe(typed))}; Backspace takes it back."


def new_folder_problem(name: str, *, taken: bool) -> str:
    """Return what is wrong with the name of a folder to be made; empty where nothing is."""
    if not name.strip() or name in (".", ".."):
        return "Type a name, or leave with Esc."
    if "/" in name or "\0" in name:
        return "A name has no / in it: make one folder after the other."
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST:
        return f"A name has at most {_LONGEST} bytes."
    return "There is something of this name already." if taken else ""

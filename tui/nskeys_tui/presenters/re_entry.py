"""What must be re-entered, as rows."""

from nskeys.model.re_entry import ReEntry
from nskeys.wording.labels import kid_name, kind_name
from nskeys.wording.re_entry import held_word, held_words
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when


def re_entry_cells(item: ReEntry) -> tuple[str, ...]:
    """Kind, name, account, and where its key is; a mark where no restore can help."""
    fields = item.credential.fields
    mark = "" if item.held_by is not None else "!"
    return (kind_name(fields.kind), safe(fields.name), safe(fields.account), held_word(item), mark)


def re_entry_style(item: ReEntry) -> str:
    """The row's style."""
    return "warning" if item.held_by is not None else "error"


def re_entry_about(item: ReEntry) -> tuple[tuple[str, str], ...]:
    """One of them in full."""
    fields = item.credential.fields
    return (
        ("Key", f"{kid_name(item.credential.kid)}; {held_words(item)}"),
        ("Target", safe(fields.target)),
        ("Account", safe(fields.account)),
        ("Changed", when(item.credential.updated)),
    )

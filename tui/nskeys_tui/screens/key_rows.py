"""Keys as rows: their columns are as wide as what stands in them needs."""

from collections.abc import Sequence

from nskeys.model.recoverability import KeyCoverage
from nskeys_tui.presenters.keys import key_cells, key_style, widest
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row

_CREDENTIALS, _BACKUPS = 3, 4


def key_rows(keys: Sequence[KeyCoverage], *, brief: bool) -> tuple[Row, ...]:
    """A row for each key; its key id is the row's."""
    return tuple(Row(key.kid, key_cells(key, brief=brief), key_style(key)) for key in keys)


def key_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns for these rows."""
    texts = [row.cells for row in rows]
    credentials, backups = widest(texts, _CREDENTIALS), widest(texts, _BACKUPS)
    return (
        Column("Key", 8, 8),
        Column("State", 11, 11),
        Column("Made", 16, 16, essential=False),
        Column("Credentials", max(11, credentials), weight=2, right=True),
        Column("Backups", max(7, backups), weight=3, styled=True),
        Column("", 1, 1, styled=True),
    )

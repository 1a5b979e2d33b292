"""The tables of the CMDB that a database copy holds, their columns and what those hold.

A copy has the rows of each table, in this order, each table's by its first column, the primary key. What is
derived (`listing`), what stands before the rows (`checkpoint`) and what nothing vouches for (`notes`) is
not in it.
"""

from enum import StrEnum
from typing import NamedTuple


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    """An integer of at most 2^53 - 1, to either side."""
    BYTES = "bytes"
    BYTES_OR_NULL = "bytes or null"


class Column(NamedTuple):
    """A column of a table."""

    name: str
    kind: ColumnKind


class Table(NamedTuple):
    """A table; its first column is the primary key."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in their order."""
        return tuple(column.name for column in self.columns)

    def position(self, name: str) -> int:
        """Return where a column stands."""
        return self.names.index(name)


def _table(name: str, *, text: str = "", number: str = "", data: str = "", order: str) -> Table:
    kinds = {
        **dict.fromkeys(text.split(), ColumnKind.TEXT),
        **dict.fromkeys(number.split(), ColumnKind.NUMBER),
        "signature": ColumnKind.BYTES_OR_NULL,
        **dict.fromkeys(data.split(), ColumnKind.BYTES),
    }
    return Table(name, tuple(Column(column, kinds[column]) for column in order.split()))


META = _table("meta", text="name value", order="name value")
KEYS = _table(
    "keys",
    text="kid state hierarchy_number_sum pcanywhere_number_sum run_as_number_sum",
    number=("key_no created state_since seals resealed counted hierarchy_rows pcanywhere_rows run_as_rows"),
    data="row_sum",
    order=(
        "key_no kid created state state_since seals resealed counted hierarchy_rows hierarchy_number_sum"
        " pcanywhere_rows pcanywhere_number_sum run_as_rows run_as_number_sum row_sum"
    ),
)
CREDENTIALS = _table(
    "credentials",
    text="id kind name target account note",
    number="key_no number created updated",
    data="sealed",
    order="id key_no kind name target account note number created updated sealed",
)
REGISTER = _table(
    "register",
    text="kms_sha256 address body",
    number="number",
    order="number kms_sha256 address body signature",
)
RECOVERY = _table("recovery", text="body", number="number", data="signature", order="number body signature")
STATEMENTS = _table(
    "statements", text="label body", number="number", data="signature", order="number label body signature"
)
DRILLS = _table("drills", text="body", number="number", order="number body signature")
ROTATIONS = _table(
    "rotations",
    text="kid stage",
    number="number begun changed gate_skipped",
    order="number kid stage begun changed gate_skipped",
)
AUDIT = _table("audit", text="line", number="no", data="digest", order="no line digest")

NOTES = _table("notes", text="body", number="number", order="number body")

COPIED_TABLES = (META, KEYS, CREDENTIALS, REGISTER, RECOVERY, STATEMENTS, DRILLS, ROTATIONS, AUDIT)
MOVED_TABLES = (*COPIED_TABLES, NOTES)
"""What a move to another database takes along: everything but what is derived, and the checkpoint, which is
read and put in its place by itself."""

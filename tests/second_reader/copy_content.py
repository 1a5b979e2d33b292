"""The lines of a database copy (section 13, "Content": R-13.15 to R-13.21)."""

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.canonical import read_document
from tests.second_reader.columns import COLUMNS, Column
from tests.second_reader.copy_facts import COUNTS, TABLES
from tests.second_reader.facts import KINDS, read_format
from tests.second_reader.refusal import Refused, refuse_unless, under_rule
from tests.second_reader.shapes import decode_base64url, record

GZIP_BEGIN = bytes.fromhex("1f8b080000000000")
MOST_LINE = 4 * 2**20
CHECKPOINT = record({"document": shapes.text(), "sig": shapes.octets(64)})
FIRST = record(
    {
        "checkpoint": shapes.either_null(CHECKPOINT),
        "cmdb_id": shapes.identifier,
        "counts": COUNTS,
        "format": shapes.text(),
        "part": shapes.number,
    }
)
LAST = record({"lines": shapes.count, "sha256": shapes.digest})

Values = dict[str, Any]


@dataclass
class Content:
    """The rows of all parts, as they are read."""

    checkpoint: dict[str, str] | None = None
    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[Values]] = field(default_factory=lambda: {name: [] for name in TABLES})
    place: tuple[int, Any] = (-1, None)


def unpack(data: bytes, size: int) -> bytes:
    """Unpack the one gzip member, which gives so many bytes (R-13.15, R-13.16)."""
    refuse_unless(data.startswith(GZIP_BEGIN), "damaged", "R-13.15", "does not begin as a gzip member must")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(data, size + 1)
        if len(plain) <= size and not unpacker.eof:
            plain += unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error as error:
        raise Refused("damaged", "R-13.15", f"gzip: {error}") from error
    refuse_unless(
        len(plain) == size and unpacker.eof, "damaged", "R-13.15", "another size, or an early end"
    )
    refuse_unless(not unpacker.unused_data, "not canonical", "R-13.16", "data behind the gzip member")
    return plain


def read_lines(plain: bytes, facts: Values, part: int, content: Content) -> None:
    """Read the lines of one part into the content of the copy."""
    lines = plain.split(b"\n")
    refuse_unless(
        len(lines) >= 3 and lines[-1] == b"", "damaged", "R-13.19", "no last line with its line feed"
    )
    *before, last = lines[:-1]
    for line in (*before, last):
        refuse_unless(len(line) < MOST_LINE, "damaged", "R-10.11", "a line of more than 4 MiB")
    read_first(before[0], facts, part, content)
    for line in before[1:]:
        read_row(line, content)
    found = read_line(last)
    with under_rule("R-13.19"):
        LAST(found, "last line")
    digest = hashlib.sha256(b"".join(line + b"\n" for line in before)).hexdigest()
    same = found == {"lines": len(before), "sha256": digest}
    refuse_unless(same, "damaged", "R-13.19", "another last line than the lines give")
    rows = facts["parts"][part - 1]["rows"]
    refuse_unless(len(before) - 1 == rows, "damaged", "R-13.20", "another number of rows in this part")


def read_line(line: bytes) -> Any:
    """Read one line, which has one spelling (R-13.17)."""
    try:
        return read_document(line)
    except Refused as refused:
        if refused.outcome == "not canonical":
            raise Refused(refused.outcome, "R-13.17", refused.seen) from refused
        raise


def read_first(line: bytes, facts: Values, part: int, content: Content) -> None:
    """Read the first line of a part (R-13.3, R-13.21)."""
    first = read_line(line)
    refuse_unless(isinstance(first, dict), "damaged", "R-1.6", "the first line is no object")
    version = read_format(first.get("format"), "cmdb")
    refuse_unless(version is None or version == 1, "newer", "R-13.3", f"format {version}")
    FIRST(first, "first line")
    refuse_unless(version == 1, "damaged", "R-1.6", "a format that is none")
    same = first["cmdb_id"] == facts["cmdb_id"] and first["part"] == part
    refuse_unless(same, "damaged", "R-13.21", "another cmdb_id or part")
    checkpoint = first["checkpoint"]
    named = checkpoint and hashlib.sha256(checkpoint["document"].encode()).hexdigest()
    refuse_unless(
        named == facts["checkpoint"], "damaged", "R-13.21", "another checkpoint than the facts name"
    )
    if content.counts:
        same = checkpoint == content.checkpoint and first["counts"] == content.counts
        refuse_unless(same, "damaged", "R-13.21", "another first line than that of the first part")
    content.checkpoint, content.counts = checkpoint, first["counts"]


def read_row(line: bytes, content: Content) -> None:
    """Read one row (R-13.17, R-13.18)."""
    found = read_line(line)
    fits = isinstance(found, dict) and len(found) == 1
    refuse_unless(fits, "damaged", "R-13.18", "a line that is no row of one table")
    [(name, row)] = found.items()
    refuse_unless(name in TABLES, "damaged", "R-13.18", f"a table {name[:40]}")
    columns = COLUMNS[name]
    named = isinstance(row, dict) and set(row) == {column.name for column in columns}
    refuse_unless(named, "damaged", "R-13.18", f"columns of {name}")
    values = {column.name: read_value(row[column.name], column) for column in columns}
    place = (TABLES.index(name), values[columns[0].name])
    rises = place[0] > content.place[0] or (place[0] == content.place[0] and place[1] > content.place[1])
    refuse_unless(rises, "damaged", "R-13.18", "a table or a row out of order, or twice")
    content.place = place
    content.rows[name].append(values)


def read_value(value: Any, column: Column) -> Any:
    """Read a value of a column: bytes out of base64url, numbers and texts as they are."""
    if value is None and column.nullable:
        return None
    if column.type == "number":
        refuse_unless(type(value) is int, "damaged", "R-13.18", f"{column.name} is no number")
        return value
    refuse_unless(isinstance(value, str), "damaged", "R-13.18", f"{column.name} is no text")
    if column.type == "text":
        return value
    try:
        return decode_base64url(value)
    except Refused as refused:
        raise Refused("not canonical", "R-13.17", f"{column.name}: {refused.seen}") from refused


def check_rows(facts: Values, content: Content) -> None:
    """Compare all rows with the facts and with what the database held (R-13.18, R-13.20)."""
    rows = content.rows
    credentials = rows["credentials"]
    key_numbers = {row["key_no"] for row in rows["keys"]}
    known = all(row["key_no"] in key_numbers for row in credentials)
    refuse_unless(known, "damaged", "R-13.18", "a credential of a key that is not there")
    tables = {name: len(found) for name, found in rows.items()}
    refuse_unless(tables == facts["tables"], "damaged", "R-13.20", "other rows than tables says")
    sealed_by = Counter(row["key_no"] for row in credentials)
    keys = [{"kid": row["kid"], "credentials": sealed_by[row["key_no"]]} for row in rows["keys"]]
    refuse_unless(keys == facts["keys"], "damaged", "R-13.20", "other keys than the facts")
    counted = Counter(row["kind"] for row in credentials if row["kind"] in KINDS)
    refuse_unless(counted == Counter(facts["kinds"]), "damaged", "R-13.20", "other kinds than the facts")
    missing = sum(content.counts.values()) - sum(tables.values())
    fits = missing == facts["left_out"]["count"]
    refuse_unless(fits, "damaged", "R-13.20", "rows and what was left out are not those of counts")

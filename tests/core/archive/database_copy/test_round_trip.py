"""A database copy: what is written is read, in the memory of one part; what has no spelling is named."""

import gzip
import io
import os
import tracemalloc

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.cross_check import OpenedWith, confirm
from nskeys.archive.database_copy.inspection import inspect_part, require_all
from nskeys.archive.database_copy.lines import lines_of, rows_of
from nskeys.archive.database_copy.writing import PartSize, RowsWriter
from nskeys.errors import CopyKeyMissing
from nskeys.model.database_copy import CopyHeader
from nskeys.model.database_tables import AUDIT, COPIED_TABLES, CREDENTIALS, KEYS, META, Table
from nskeys.reasons import Problem
from tests.core.archive.database_copy.samples import (
    CHECKPOINT,
    CMDB_ID,
    COPY_KEY,
    KIDS,
    RECIPIENT,
    credential,
    lines_in,
    read,
    row_of,
    sample,
    tables,
)
from tests.fakes.examples import examples

SMALL = PartSize(packed=2_000, unpacked=4_000)


def by_name(content: dict[Table, list[object]]) -> dict[str, list[object]]:
    return {table.name: rows for table, rows in content.items()}


@pytest.mark.parametrize("credentials", [0, 1, 10, 500])
@pytest.mark.parametrize("size", [SMALL, PartSize()])
def test_what_is_written_is_read(credentials: int, size: PartSize) -> None:
    content = tables(credentials)
    made = sample(content, size=size, batch=7)
    parts = made.inspected()
    assert read(parts) == by_name(content)  # type: ignore[arg-type]
    facts = made.copy.facts
    assert (len(parts) > 5) is (size is SMALL and credentials == 500)
    assert facts.credentials == credentials
    assert dict(facts.keys) == {KIDS[0]: (credentials + 1) // 2, KIDS[1]: credentials // 2}
    assert facts.rows == sum(len(rows) for rows in content.values())
    assert facts.left_out.count == 0


def test_each_part_is_whole_by_itself() -> None:
    """Each has its header and its last line, so a stranger's `gunzip` and `jq` take one at a time."""
    for number, part in enumerate(sample(tables(300), size=SMALL).inspected(), 1):
        first, *_, last = lines_in(part)
        assert first.startswith(b'{"checkpoint":{"document":"{\\"number\\":812}"')
        assert f'"part":{number}'.encode() in first
        assert last.startswith(b'{"lines":')


def test_a_second_reader_finds_the_same() -> None:
    made = sample(tables(60), size=SMALL)
    with COPY_KEY.spelled() as line:
        for part, written in zip(made.inspected(), made.rows.parts, strict=True):
            confirm(part.cmdb, line, written.gzip_sha256, OpenedWith.IDENTITY)


def test_gunzip_unpacks_what_age_opens() -> None:
    (part,) = sample().inspected()
    assert len(b"".join(lines_in(part))) == part.facts.parts[0].unpacked
    assert gzip.decompress(gzip.compress(b"x")) == b"x"


def test_another_copy_key_does_not_open_it() -> None:
    with pytest.raises(CopyKeyMissing) as caught:
        read(sample().inspected(), X25519Identity.new())
    assert caught.value.kid == sample().copy.facts.copy_key.kid


@pytest.mark.parametrize(
    ("table", "values", "problem"),
    [
        (CREDENTIALS, {"sealed": "text"}, Problem.NOT_BYTES),
        (CREDENTIALS, {"note": b"\xff"}, Problem.NOT_UTF8),
        (CREDENTIALS, {"note": "\ud800"}, Problem.NOT_UTF8),
        (CREDENTIALS, {"created": 2**53}, Problem.NUMBER),
        (CREDENTIALS, {"created": 1.5}, Problem.NUMBER),
        (CREDENTIALS, {"note": "n" * (5 << 20)}, Problem.TOO_LARGE),
        (CREDENTIALS, {"key_no": 99}, Problem.UNKNOWN_KEY),
        (AUDIT, {"no": 5, "digest": None}, Problem.NOT_BYTES),
    ],
)
def test_a_row_without_a_spelling_is_left_out_and_named(
    table: Table, values: dict[str, object], problem: Problem
) -> None:
    """One bad row stops nothing else; the copy covers no credential of its key."""
    content = tables()
    bad = credential(77, **{"key_no": 2, **values}) if table is CREDENTIALS else row_of(table, **values)  # type: ignore[arg-type]
    whole = by_name(tables())  # type: ignore[arg-type]
    content[table].append(bad)
    made = sample(content, batch=100)
    left_out = made.inspected()[0].facts.left_out
    assert read(made.inspected()) == whole
    assert [(row.table, row.problem) for row in left_out.rows] == [(table.name, problem)]
    assert left_out.count == 1
    of_keys = [left_out.concerns(kid) for kid in KIDS]  # type: ignore[arg-type]
    if table is AUDIT:
        assert of_keys == [False, False]
    elif problem is Problem.UNKNOWN_KEY:
        assert of_keys == [True, True]
    else:
        assert of_keys == [False, True]


def test_a_key_without_a_spelling_takes_its_credentials_along() -> None:
    content = tables()
    content[KEYS][1] = row_of(KEYS, key_no=2, kid=b"\xff")
    left_out = sample(content).copy.facts.left_out
    assert left_out.count == 1 + 5
    assert left_out.unknown_key


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**53) + 1, 2**53 - 1)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(texts, texts), max_size=5),
    st.lists(st.tuples(numbers, texts, st.binary(max_size=40)), max_size=5),
)
def test_any_row_has_one_spelling(meta: list[tuple[str, str]], audit: list[tuple[int, str, bytes]]) -> None:
    for table, rows in ((META, meta), (AUDIT, audit)):
        lines = lines_of(table, rows)
        assert lines.count(b"\n") == len(rows)
        if rows:
            assert rows_of(table, lines) == rows


def test_writing_and_reading_take_the_memory_of_one_part() -> None:
    """Many parts of 100 kB; what is held meanwhile is a few of them, not all."""

    class Nowhere(io.BytesIO):
        def write(self, data: bytes, /) -> int:  # type: ignore[override]
            return len(data)

    size, rows = PartSize(packed=50_000), 40
    counts = tuple((table.name, 0) for table in COPIED_TABLES)
    writer = RowsWriter(
        CopyHeader(CMDB_ID, 1, CHECKPOINT, counts), RECIPIENT, lambda _: Nowhere(), size=size
    )
    writer.add(KEYS, [row_of(KEYS, key_no=1, kid=KIDS[0])])
    tracemalloc.start()
    try:
        for number in range(500):
            some = [credential(number * rows + at, key_no=1, sealed=os.urandom(64)) for at in range(rows)]
            writer.add(CREDENTIALS, some)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(writer.finish().parts) > 15
    assert most < 3_000_000


def test_parts_are_put_in_their_order() -> None:
    made = sample(tables(300), size=SMALL)
    paths = [(part.path, part.manifest) for part in reversed(made.inspected())]
    assert require_all(paths) == tuple(reversed(range(len(paths))))
    again = [*paths, paths[0]]  # the same file named twice does no harm
    assert len(require_all(again)) == len(paths)


def test_a_part_names_its_number_for_a_person() -> None:
    made = sample(tables(300), size=SMALL)
    count = len(made.parts)
    assert f"Part          2 of {count}".encode() in made.parts[1]
    assert inspect_part("", made.parts[1]).part == 2

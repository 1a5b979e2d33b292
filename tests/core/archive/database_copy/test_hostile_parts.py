"""A part that is not what was written: each way has its own reason, and nothing of it is believed."""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from nskeys.archive.canonical_zip import build, split
from nskeys.archive.database_copy.inspection import inspect_part, is_part, require_all
from nskeys.archive.database_copy.lines import lines_of
from nskeys.archive.database_copy.writing import PartSize
from nskeys.archive.inspection import inspect
from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    NewerVersion,
    NotABackup,
    PartsMissing,
    PartsMixed,
)
from nskeys.model.database_copy import CMDB_NAME, CopyFacts
from nskeys.model.database_tables import CREDENTIALS
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Problem
from tests.core.archive.database_copy.samples import (
    credential,
    ended,
    forged,
    lines_in,
    packed,
    read,
    sample,
    tables,
)
from tests.core.archive.samples import archive

SAMPLE = sample()
(DATA,) = SAMPLE.parts
LINES = lines_in(SAMPLE.inspected()[0])
SMALL = PartSize(packed=2_000, unpacked=4_000)


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The sample with one member changed, laid out canonically again."""
    return build([(member, change(data) if member == name else data) for member, data in split(DATA)])


def refused(data: bytes) -> tuple[type[Exception], object, object]:
    with pytest.raises((BackupDamaged, BackupForged, NotABackup, NewerVersion)) as caught:
        inspect_part("part", data)
    error = caught.value
    return type(error), getattr(error, "part", None), getattr(error, "problem", None)


def test_layout_hashes_signature() -> None:
    assert refused(b"PK\x05\x06") == (NotABackup, None, Problem.NOT_ZIP)
    assert refused(DATA[: len(DATA) // 2]) == (BackupDamaged, "archive", Problem.TRUNCATED)
    assert refused(DATA + b"x") == (BackupDamaged, "archive", Problem.NOT_CANONICAL)
    assert refused(build(split(DATA)[:2])) == (BackupDamaged, "archive", Problem.MEMBERS)
    assert refused(changed(CMDB_NAME, lambda data: data[:-1] + b"x")) == (
        BackupDamaged,
        CMDB_NAME,
        Problem.HASH,
    )
    assert refused(changed("RESTORE.txt", lambda data: data + b"rm -r /\n")) == (
        BackupForged,
        "RESTORE.txt",
        None,
    )

    def other_server(data: bytes) -> bytes:
        return data.replace(b"ns01.example.net", b"ns02.example.net")

    both = build([(name, data if name == CMDB_NAME else other_server(data)) for name, data in split(DATA)])
    # The instructions name the server too, with another hash then.
    assert refused(both) == (BackupForged, "manifest.json", None)


def test_a_signature_by_another_key() -> None:
    def resign(data: bytes) -> bytes:
        return re.sub(rb'"sig":"....', b'"sig":"AAAA', data)

    assert refused(changed("manifest.json", resign)) == (BackupForged, "signature", None)


def test_a_newer_version_is_said_to_be_newer() -> None:
    data = changed("manifest.json", lambda data: data.replace(b"nskeys/cmdb/1", b"nskeys/cmdb/2"))
    assert refused(data)[0] is NewerVersion


def test_each_half_is_known_from_the_other() -> None:
    keys = archive().data
    assert refused(keys) == (NotABackup, None, Problem.KEY_BACKUP)
    with pytest.raises(NotABackup) as caught:
        inspect("part", DATA)
    assert caught.value.problem is Problem.DATABASE_COPY
    assert (is_part(DATA), is_part(DATA[:-500]), is_part(keys), is_part(b"age")) == (
        True,
        True,
        False,
        False,
    )


def test_parts_that_are_missing_or_mixed() -> None:
    parts = sample(tables(300), size=SMALL).inspected()
    named = [(part.path, part.manifest) for part in parts]
    with pytest.raises(PartsMissing) as missing:
        require_all([*named[:1], *named[2:]])
    assert (missing.value.missing, missing.value.parts) == ((2,), len(parts))
    again = sample(tables(300), size=SMALL).inspected()
    with pytest.raises(PartsMixed) as mixed:
        require_all([*named[:1], *((f"again {part.part}", part.manifest) for part in again[1:])])
    assert mixed.value.other == "again 2"
    others = sample(tables(300), size=SMALL, seed=SecretBytes(b"o" * 32)).inspected()
    with pytest.raises(PartsMixed):
        require_all([named[0], *(("other server", part.manifest) for part in others[1:])])


def with_rows(facts: CopyFacts, credentials: int) -> CopyFacts:
    """The facts with another number of credentials."""
    named = tuple((name, credentials if name == "credentials" else count) for name, count in facts.tables)
    (part,) = facts.parts
    return replace(facts, tables=named, parts=(replace(part, rows=sum(dict(named).values())),))


BODY = LINES[:-1]
FIRST_CREDENTIAL = next(at for at, line in enumerate(BODY) if line.startswith(b'{"credentials"'))
SWAPPED = [*BODY]
SWAPPED[FIRST_CREDENTIAL : FIRST_CREDENTIAL + 2] = reversed(
    SWAPPED[FIRST_CREDENTIAL : FIRST_CREDENTIAL + 2]
)


def spelt(at: int, old: bytes, new: bytes) -> bytes:
    """The content with one line spelt in another way."""
    lines = [*BODY]
    assert old in lines[at]
    lines[at] = lines[at].replace(old, new)
    return packed(ended(lines))


C = FIRST_CREDENTIAL
PACKED = packed(LINES)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.TRUNCATED),
        (b"".join(LINES), Problem.NOT_GZIP),
        (PACKED[:-9], Problem.TRUNCATED),
        (PACKED[:20], Problem.TRUNCATED),
        (PACKED[:-8] + b"\0" * 8, Problem.CHECKSUM),
        (PACKED + b"x", Problem.NOT_CANONICAL),
        (PACKED + PACKED, Problem.NOT_CANONICAL),
        (b"\x1f\x8b\x08\x08" + PACKED[4:], Problem.NOT_GZIP),
        (packed(BODY), Problem.TRUNCATED),
        (packed([*LINES[:-1], LINES[-1][:-1]]), Problem.TRUNCATED),
        (packed([*BODY, LINES[-1].replace(b'"lines":', b'"lines":1')]), Problem.LAST_LINE),
        (packed([*BODY[:-1], LINES[-1]]), Problem.LAST_LINE),
        (packed(ended(BODY[:-1])), Problem.ROWS_AND_FACTS),
        (packed(ended(SWAPPED)), Problem.ROW_ORDER),
        (packed(ended([*BODY[:C], BODY[C], *BODY[C:]])), Problem.ROW_ORDER),
        (packed(ended([*BODY, BODY[C]])), Problem.WRONG_FIELDS),
        (packed(ended([*BODY, b'{"secrets":{}}\n'])), Problem.TABLES),
        (spelt(0, b'"part":1', b'"part":2'), Problem.ROWS_AND_FACTS),
        (spelt(0, b"812", b"813"), Problem.ROWS_AND_FACTS),
        (spelt(0, b"c0c0", b"c1c0"), Problem.ROWS_AND_FACTS),
        (spelt(C, b'"account":"x"', b'"account": "x"'), Problem.NOT_CANONICAL),
        (spelt(C, b'"account":"x"', b'"account":"\\u0078"'), Problem.NOT_CANONICAL),
        (spelt(C, b'"account":"x",', b'"account":"x","account":"x",'), Problem.NOT_CANONICAL),
        (spelt(C, b'"account":"x",', b""), Problem.WRONG_FIELDS),
        (spelt(C, b'"account":"x"', b'"account":7'), Problem.WRONG_VALUE),
        (spelt(C, b'"account":"x"', b'"account":"\\ud800"'), Problem.WRONG_VALUE),
        (spelt(C, b'"account":"x"', b'"account":"\xff"'), Problem.NOT_UTF8),
        (spelt(C, b'"account":"x"', b'"account":' + b"[" * 100_000), Problem.JSON_DEPTH),
        (spelt(C, b'"created":1', b'"created":1.0'), Problem.WRONG_VALUE),
        (spelt(C, b'"created":1', b'"created":true'), Problem.WRONG_VALUE),
        (spelt(C, b'"created":1', b'"created":9007199254740992'), Problem.WRONG_VALUE),
        (spelt(C, b'"key_no":1', b'"key_no":9'), Problem.UNKNOWN_KEY),
        (spelt(C, b'{"credentials":', b'{"credentials":[],"credentials":'), Problem.TABLES),
        (spelt(C, b"}}", b"}},"), Problem.NOT_JSON),
    ],
)
def test_content_that_its_own_server_signed_is_checked_too(content: bytes, problem: Problem) -> None:
    part = forged(content)
    with pytest.raises(BackupDamaged) as caught:
        read([part])
    assert (caught.value.part, caught.value.problem) == (CMDB_NAME, problem)


def test_more_rows_than_the_facts_declare() -> None:
    lines = ended([*BODY[: C + 10], lines_of(CREDENTIALS, [credential(99)]), *BODY[C + 10 :]])
    size = len(b"".join(lines))
    for told in (lambda facts: facts, lambda facts: with_rows(facts, 11)):
        with pytest.raises(BackupDamaged) as caught:
            read([forged(packed(lines), told, size)])
        assert caught.value.problem is Problem.ROWS_AND_FACTS


def test_a_bomb_is_left_at_the_declared_size() -> None:
    """300 MiB of zeros in 300 kB: no more is unpacked than the facts declare, nor than a line may have."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packing.compress(b" " * (1 << 20)) for _ in range(300)) + packing.flush()
    for unpacked in (1 << 20, 200 << 20):
        with pytest.raises(BackupDamaged) as caught:
            read([forged(bomb, unpacked=unpacked)])
        assert caught.value.problem is Problem.TOO_LARGE


def test_no_byte_of_the_archive_can_be_changed() -> None:
    for at in range(0, len(DATA), 37):
        data = bytearray(DATA)
        data[at] ^= 1
        with pytest.raises((BackupDamaged, BackupForged, NotABackup, NewerVersion)):
            inspect_part("part", bytes(data))

"""Database copies that must be refused: one rule of core/FORMAT.md broken in each."""

import json
import zlib
from collections.abc import Callable
from typing import Any

from nskeys.archive.age.header import format_header, parse_header
from nskeys.archive.canonical_zip import build
from nskeys.model.signed_json import canonical_json
from tests.vectors.copies import BY_COPY_KEY, Lines, WrongPart, first_line, parts
from tests.vectors.entries import Doc, Entry, refused
from tests.vectors.refused_backups import STRANGER, put


def entries() -> list[Entry]:
    """Every refused copy."""
    return [*_outside(), *_sets(), *_inside(), *_rows(), *_bounds()]


def _copy(rule: str, outcome: str, name: str, note: str, made: list[bytes], **opened_with: Any) -> Entry:
    files = {}
    for part, data in enumerate(made, 1):
        called = f"{rule[2:]}-{name}" + (f"-{part}" if len(made) > 1 else "") + ".zip"
        if len(data) > 256 * 1024:
            called, data = f"{called}.zlib", zlib.compress(data, 9)
        files[called] = data
    return refused(rule, outcome, "database copy", name, files, note, opened_with or BY_COPY_KEY)


def _of(rule: str, outcome: str, name: str, note: str, wrong: WrongPart) -> Entry:
    return _copy(rule, outcome, name, note, parts(wrong))


def _flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _outside() -> list[Entry]:
    def laid(change: Callable[[bytes], bytes]) -> WrongPart:
        return WrongPart(laid_out=change)

    def other_format(facts: Doc) -> None:
        facts["format"] = "nskeys/cmdb/2"

    def two_stanzas(data: bytes) -> bytes:
        header = parse_header(data)
        return format_header(header.stanzas * 2, bytes(range(16))) + data[header.size :]

    return [
        _of("R-13.1", "no backup", "text", "no zip", laid(lambda _: b"no zip")),
        _of(
            "R-13.1",
            "no backup",
            "other-zip",
            "another program's zip",
            laid(lambda _: build([("a", b"b")])),
        ),
        _of(
            "R-13.1",
            "no backup",
            "key-backup",
            "a member keys.kms",
            WrongPart(members=lambda members: members.append(("keys.kms", b""))),
        ),
        _of(
            "R-13.2", "damaged", "cut", "it ends in cmdb.age", laid(lambda data: data[: len(data) * 3 // 4])
        ),
        _of("R-13.2", "damaged", "crc", "a bit in RESTORE.txt", laid(lambda data: _flipped(data, 60))),
        _of("R-13.3", "newer", "format-2", "format 2", WrongPart(facts=other_format)),
        _of(
            "R-13.4",
            "not canonical",
            "order",
            "other order",
            WrongPart(members=lambda one: one.insert(1, one.pop())),
        ),
        _of(
            "R-13.4",
            "not canonical",
            "twice",
            "a member twice",
            WrongPart(members=lambda members: members.append(members[-1])),
        ),
        _of(
            "R-13.4", "not canonical", "behind", "a byte behind the end", laid(lambda data: data + b"\x00")
        ),
        _of("R-13.5", "damaged", "extra", "a fact that is not listed", WrongPart(facts=put(extra=1))),
        _of("R-13.5", "damaged", "database", "another database", WrongPart(facts=put(database="Oracle"))),
        _of(
            "R-13.5",
            "damaged",
            "rows",
            "the rows of the parts are not those of the tables",
            WrongPart(facts=lambda facts: facts["tables"].update(credentials=5)),
        ),
        _of("R-13.5", "damaged", "part", "part 2 of 1", WrongPart(manifest=put(part=2))),
        _of(
            "R-13.6", "damaged", "bit", "a bit of cmdb.age", WrongPart(cmdb=lambda data: _flipped(data, -1))
        ),
        _of(
            "R-13.7",
            "forged",
            "restore",
            "other instructions",
            WrongPart(restore=lambda data: data + b"\n"),
        ),
        _of(
            "R-13.8",
            "forged",
            "member",
            "another hash of RESTORE.txt",
            WrongPart(manifest=lambda one: one["members"]["RESTORE.txt"].update(sha256="ab" * 32)),
        ),
        _of(
            "R-13.9",
            "not signed",
            "sig",
            "`sig` is 64 zero bytes",
            WrongPart(signature=lambda _: bytes(64)),
        ),
        _of(
            "R-13.9",
            "not signed",
            "server-key",
            "another thumbprint",
            WrongPart(facts=put(server_key="ab" * 32)),
        ),
        _of(
            "R-13.10",
            "forged",
            "copy-key",
            "`kid` is another key's",
            WrongPart(facts=lambda facts: facts["copy_key"].update(kid="ab" * 32)),
        ),
        _of("R-13.10", "forged", "stanzas", "two stanzas", WrongPart(age=two_stanzas)),
    ]


def _sets() -> list[Entry]:
    three, other = parts(count=3), parts(count=3, database="PostgreSQL")
    stranger = {"identity": STRANGER.spelled().text()}
    return [
        _copy("R-13.11", "mixed", "mixed", "a part of another copy", [three[0], three[1], other[2]]),
        _copy(
            "R-13.12",
            "incomplete",
            "incomplete",
            "the second of three parts is missing",
            [three[0], three[2]],
        ),
        _copy("R-13.13", "other identity", "identity", "another identity", parts(), **stranger),
    ]


def _inside() -> list[Entry]:
    mac = len(b"\n--- ") + 20

    def wrong_mac(data: bytes) -> bytes:
        at = parse_header(data).size - mac
        return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]

    return [
        _of("R-13.14", "damaged", "mac", "a sign of the MAC", WrongPart(age=wrong_mac)),
        _of(
            "R-13.14",
            "damaged",
            "payload",
            "the last bit of the payload",
            WrongPart(age=lambda data: _flipped(data, -1)),
        ),
        _of(
            "R-13.15",
            "damaged",
            "not-gzip",
            "a file name in the gzip header",
            WrongPart(packed=lambda data: data[:3] + b"\x08" + data[4:10] + b"x\x00" + data[10:]),
        ),
        _of(
            "R-13.15", "damaged", "crc", "another CRC-32", WrongPart(packed=lambda data: _flipped(data, -8))
        ),
        _of(
            "R-13.15",
            "damaged",
            "cut",
            "the gzip member ends early",
            WrongPart(packed=lambda data: data[:-8]),
        ),
        _of(
            "R-13.15",
            "damaged",
            "unpacked",
            "another size than `unpacked`",
            WrongPart(
                facts=lambda facts: facts["parts"][0].update(unpacked=facts["parts"][0]["unpacked"] - 1)
            ),
        ),
        _of(
            "R-13.16",
            "not canonical",
            "behind",
            "data behind the gzip member",
            WrongPart(packed=lambda data: data + b"\x00"),
        ),
    ]


def _rows() -> list[Entry]:
    def of_lines(rule: str, outcome: str, name: str, note: str, edit: Callable[[Lines], object]) -> Entry:
        return _of(rule, outcome, name, note, WrongPart(lines=edit))

    def at(table: str, lines: Lines) -> int:
        return next(
            place for place, line in enumerate(lines) if line.startswith(b'{"%b":' % table.encode())
        )

    def spaced(lines: Lines) -> None:
        place = at("credentials", lines)
        lines[place] = lines[place].replace(b'"account":', b'"account": ', 1)

    def retold(table: str, **members: Any) -> Callable[[Lines], object]:
        def edit(lines: Lines) -> None:
            place = at(table, lines)
            row = json.loads(lines[place])
            lines[place] = canonical_json({table: {**row[table], **members}}) + b"\n"

        return edit

    def swapped(lines: Lines) -> None:
        place = at("credentials", lines)
        lines[place], lines[place + 1] = lines[place + 1], lines[place]

    def tables(lines: Lines) -> None:
        lines.append(lines.pop(1))

    def other_table(lines: Lines) -> None:
        place = at("credentials", lines)
        lines[place] = lines[place].replace(b"credentials", b"passwords", 1)

    count = b'{"lines":1,"sha256":"'
    return [
        of_lines("R-13.17", "not canonical", "spaces", "white space in a line", spaced),
        of_lines(
            "R-13.17",
            "not canonical",
            "base64url",
            "unused bits that are not zero",
            retold("credentials", sealed="AB"),
        ),
        of_lines("R-13.18", "damaged", "order", "two credentials swapped", swapped),
        of_lines("R-13.18", "damaged", "tables", "a row of `meta` at the end", tables),
        of_lines("R-13.18", "damaged", "table", "a table that there is not", other_table),
        of_lines(
            "R-13.18",
            "damaged",
            "key",
            "a credential of a key that is not there",
            retold("credentials", key_no=9),
        ),
        _of(
            "R-13.19",
            "damaged",
            "last",
            "another count in the last line",
            WrongPart(last=lambda line: count + line[line.index(b'"sha256":"') + 10 :]),
        ),
        _of("R-13.19", "damaged", "no-last", "no last line", WrongPart(last=lambda _: b"")),
        _of(
            "R-13.20",
            "damaged",
            "kinds",
            "another kind than the facts count",
            WrongPart(facts=put(kinds={"hierarchy": 2, "pcanywhere": 1, "run-as": 1})),
        ),
        _of(
            "R-13.20",
            "damaged",
            "keys",
            "another number of credentials of a key",
            WrongPart(facts=lambda facts: facts["keys"][0].update(credentials=3)),
        ),
        _of(
            "R-13.20",
            "damaged",
            "left-out",
            "a row was left out that the facts do not list",
            WrongPart(lines=lambda lines: lines.__setitem__(0, first_line(1, 1))),
        ),
        _of(
            "R-13.21",
            "damaged",
            "part",
            "the first line is another part's",
            WrongPart(lines=lambda lines: lines.__setitem__(0, first_line(2))),
        ),
        _of(
            "R-13.21",
            "damaged",
            "cmdb",
            "the first line is another CMDB's",
            WrongPart(lines=lambda lines: lines.__setitem__(0, first_line(1, cmdb_id="ab" * 16))),
        ),
        _of(
            "R-13.21",
            "damaged",
            "checkpoint",
            "another checkpoint",
            WrongPart(facts=put(checkpoint="ab" * 32)),
        ),
    ]


def _bounds() -> list[Entry]:
    def long_line(lines: Lines) -> None:
        lines.append(b'{"audit":{"digest":"AA","line":"' + b"x" * (4 << 20) + b'","no":4}}\n')

    def squeezed(data: bytes) -> bytes:
        plain, packing = zlib.decompress(data, 31), zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packing.compress(plain) + packing.flush()
        return data[:10] + packed + data[-8:]

    long = WrongPart(lines=long_line, packed=squeezed, facts=lambda facts: facts["tables"].update(audit=4))
    large = b"PK\x03\x04" + bytes(32 << 20)
    return [
        _copy("R-10.10", "no backup", "part", "a part of more than 32 MiB", [large]),
        _of("R-10.11", "damaged", "line", "a line of more than 4 MiB", long),
        _of(
            "R-10.11",
            "damaged",
            "unpacked",
            "a part that says it unpacks to more than 200 MiB",
            WrongPart(facts=lambda facts: facts["parts"][0].update(unpacked=(200 << 20) + 1)),
        ),
    ]

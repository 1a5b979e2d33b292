"""What a database copy costs, against the same rows as plain JSON lines through gzip; and what a restore of
both halves costs, against reading those lines and inserting them."""

import gzip
import json
import sqlite3
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import count, islice
from operator import itemgetter
from pathlib import Path

from nskeys.ports import Settings, SilentProgress
from nskeys.services.database.pairs import Pair
from nskeys.services.open_backup import opened
from nskeys.services.restore.service import RestoreChoices
from tests.benchmark.floors import LISTING, listed
from tests.benchmark.homes import connected, give_password, make_home
from tests.benchmark.measuring import Cost, Ratio, in_turn, taken

_KIB = 1024
_MOST = 256
"""MiB that a restore may have, and a copy, which holds one part of 32 MiB."""
_BATCH = 10_000
_COLUMNS = (
    "key_no",
    "kind",
    "name",
    "target",
    "account",
    "note",
    "number",
    "created",
    "updated",
    "sealed",
    "id",
)
_INSERT = f"INSERT INTO credentials ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_TABLES = "SELECT sql FROM sqlite_master WHERE sql LIKE '% credentials %' OR sql LIKE '% listing %'"


def copying(folder: Path, credentials: int, rounds: int = 3) -> list[Ratio]:
    """A copy of so many credentials: packed, held against the inventory, opened by two readers, sent, read
    back; and a restore of it with a key backup on a bare machine, every credential opened. The floors read
    and write each row once and do nothing of that."""
    home, place = folder / "home", folder / "place"
    place.mkdir()
    make_home(home, credentials).close()
    services = connected(home)
    services.backup.execute(services.backup.plan(str(place)), give_password)

    def copy() -> Cost:
        plan = services.database.plan(str(place))
        return taken(lambda: services.database.execute(plan, give_password))

    lines, made = in_turn(rounds, lambda: taken(lambda: json_lines(home, folder)), copy)
    services.close()
    fresh = (folder / f"restored-{number}" for number in count())
    inserted, restored = in_turn(
        rounds,
        lambda: taken(lambda: insert_lines(home, folder, next(fresh))),
        lambda: taken(lambda: restore(place, next(fresh))),
    )
    times = [
        Ratio(f"database copy of {credentials:,} (floor: JSON, gzip)", lines, made, "s", 2.0),
        Ratio(f"restore of both halves, {credentials:,} (floor: insert)", inserted, restored, "s", 1.5),
    ]
    memory = [
        Ratio(f"  its memory, {_MOST} MiB", least, most, "MiB", _MOST / least.amount)
        for least, most in (
            (_memory("lines", home, folder), _memory("copy", home, place)),
            (_memory("insert", home, folder, next(fresh)), _memory("restore", place, next(fresh))),
        )
    ]
    return [times[0], memory[0], times[1], memory[1]]


def json_lines(home: Path, folder: Path) -> None:
    """Write every credential as a line of JSON, through gzip."""
    with (
        closing(sqlite3.connect(home / "cmdb.sqlite3")) as file,
        gzip.open(folder / "rows.gz", "wb") as packed,
    ):
        rows = file.execute("SELECT * FROM credentials ORDER BY id")
        names = [column[0] for column in rows.description]
        for row in rows:
            line = dict(zip(names, row, strict=True))
            line["sealed"] = urlsafe_b64encode(line["sealed"]).decode("ascii")
            packed.write(json.dumps(line).encode("utf-8") + b"\n")


def insert_lines(home: Path, folder: Path, made: Path) -> None:
    """Read these lines into the same two tables of an empty file, which nobody believes before its end."""
    made.mkdir()
    with (
        closing(sqlite3.connect(home / "cmdb.sqlite3")) as file,
        closing(sqlite3.connect(made / "cmdb.sqlite3", isolation_level=None)) as filled,
        gzip.open(folder / "rows.gz", "rb") as packed,
    ):
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            filled.execute(f"PRAGMA {pragma}")
        for (statement,) in file.execute(_TABLES).fetchall():
            filled.execute(statement)
        filled.execute("BEGIN")
        values = itemgetter(*_COLUMNS)
        while batch := [json.loads(line) for line in islice(packed, _BATCH)]:
            for row in batch:
                row["sealed"] = urlsafe_b64decode(row["sealed"])
            filled.executemany(_INSERT, map(values, batch))
            filled.executemany(
                LISTING, (listed(row["name"], row["target"], row["account"], row["id"]) for row in batch)
            )
        filled.execute("COMMIT")


def restore(place: Path, home: Path) -> None:
    """Bring both halves back from a place, as `nskeys restore PLACE` does on a bare machine."""
    services = connected(home)
    pair = services.pairs.at(str(place))
    assert isinstance(pair, Pair)
    assert pair.copy is not None
    with opened(services.installation, pair.source, give_password, SilentProgress()) as source:
        plan = services.restore.plan(source, pair)
        choices = RestoreChoices(Settings("restored", ""), "file", plan.facts.server_key)
        report = services.restore.execute(plan, source, give_password, choices)
    services.close()
    assert report.proof.opened == plan.total


def _memory(what: str, *folders: Path) -> Cost:
    """Return the most memory that a process of its own had for it, in MiB."""
    command = [sys.executable, "-m", "tests.benchmark.database_costs", what, *map(str, folders)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return Cost(int(ran.stdout.split()[-1]) / _KIB)


def _copy(home: Path, place: Path) -> None:
    services = connected(home)
    services.database.execute(services.database.plan(str(place)), give_password)
    services.close()


_WORKS: Mapping[str, Callable[..., None]] = {
    "lines": json_lines,
    "copy": _copy,
    "insert": insert_lines,
    "restore": restore,
}


if __name__ == "__main__":
    _WORKS[sys.argv[1]](*map(Path, sys.argv[2:]))
    # Not `ru_maxrss`, which a process has from the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))

"""What a database copy costs, against the same rows as plain JSON lines through gzip."""

import gzip
import json
import sqlite3
import subprocess
import sys
from base64 import urlsafe_b64encode
from contextlib import closing
from pathlib import Path

from tests.benchmark.homes import give_password, make_home
from tests.benchmark.measuring import Cost, Ratio, in_turn, taken

_MIB = 1024
"""In the kilobytes of `VmHWM`."""


def copying(folder: Path, credentials: int) -> list[Ratio]:
    """A copy of so many credentials: packed, held against the inventory, opened by two readers, sent, read
    back. The floor reads each row once and does nothing of that."""
    home, place = folder / "home", folder / "place"
    place.mkdir()
    services = make_home(home, credentials)

    def copy() -> Cost:
        plan = services.database.plan(str(place))
        return taken(lambda: services.database.execute(plan, give_password))

    floor, made = in_turn(3, lambda: taken(lambda: json_lines(home, folder)), copy)
    services.close()
    least, most = _memory("floor", home, folder), _memory("copy", home, place)
    return [
        Ratio(f"database copy of {credentials:,}", floor, made, "s", 2.0),
        Ratio(f"its memory, {credentials:,}", least, most, "MiB"),
    ]


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


def _memory(what: str, home: Path, place: Path) -> Cost:
    """Return the most memory that a process of its own had for it, in MiB."""
    command = [sys.executable, "-m", "tests.benchmark.database_costs", what, str(home), str(place)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return Cost(int(ran.stdout.split()[-1]) / _MIB)


def _main(what: str, home: Path, place: Path) -> None:
    if what == "floor":
        json_lines(home, place)
    else:
        from nskeys.bootstrap import connect

        services = connect(str(home))
        services.database.execute(services.database.plan(str(place)), give_password)
        services.close()
    # Not `ru_maxrss`, which a process has from the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

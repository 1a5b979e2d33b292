"""The most memory that an import takes, beside a bare loop over the same file: each in a process,
`python -m tests.benchmark.import_memory floor|import HOME EXPORT`."""

import subprocess
import sys
from pathlib import Path

from tests.benchmark import floors
from tests.benchmark.homes import bare_key, connected, give_password
from tests.benchmark.measuring import Cost

_MIB = 1024
"""In the kilobytes of `VmHWM`."""


def memory_of(what: str, home: Path, export: Path) -> Cost:
    """Return the most memory that `what` had, in MiB."""
    command = [sys.executable, "-m", "tests.benchmark.import_memory", what, str(home), str(export)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return Cost(int(ran.stdout.split()[-1]) / _MIB)


def _main(what: str, home: Path, export: Path) -> None:
    services = connected(home)
    if what == "floor":
        floors.import_all(home / "cmdb.sqlite3", export, *bare_key(services))
    else:
        with services.imports.plan(str(export), export.read_bytes(), give_password) as prepared:
            services.imports.execute(prepared, give_password)
    services.close()
    status = Path("/proc/self/status").read_text("ascii")
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

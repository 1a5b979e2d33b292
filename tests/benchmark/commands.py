"""What a command costs beside an interpreter that does nothing, in CPU seconds.

The program runs from bytecode, as an installed one does: installers compile it, and a checkout whose
environment forbids to keep bytecode would be compiled anew at every run, which takes half as long again.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.benchmark.homes import make_home
from tests.benchmark.measuring import Cost, Ratio, in_turn

_PASS = [sys.executable, "-c", "pass"]
_PROGRAM = Path(sys.executable).with_name("nskeys")
_READING, _VERSION, _HELP = 15, 2.5, 6


def commands(folder: Path, rounds: int = 15) -> list[Ratio]:
    """`status`, `credential list`, `--version` and `--help`."""
    make_home(folder / "home", 100, scrypt_log_n=4).close()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    home = ["--home", str(folder / "home")]
    runs = {
        "status": ([*home, "status"], _READING),
        "credential list": ([*home, "credential", "list"], _READING),
        "--version": (["--version"], _VERSION),
        "--help": (["--help"], _HELP),
    }
    works = [partial(_run, [str(_PROGRAM), *arguments], environment) for arguments, _ in runs.values()]
    for work in works:
        work()  # leaves its bytecode
    floor, *costs = in_turn(rounds, partial(_run, _PASS, environment), *works)
    return [
        Ratio(f"CPU of {name} (floor: python -c pass)", floor, cost, "s", budget)
        for (name, (_, budget)), cost in zip(runs.items(), costs, strict=True)
    ]


def _run(argv: list[str], environment: Mapping[str, str]) -> Cost:
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(cpu, cpu)

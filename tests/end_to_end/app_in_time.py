"""`nskeys`, whose clock is a file that the test writes, whose machine has a name that is known, and whose
passwords cost nothing to try.

    python -m tests.end_to_end.app_in_time CLOCK [--dies-resealing] ARGUMENTS

With `--dies-resealing` the machine stops, as in a power cut, before the first credential is sealed anew.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

from nskeys_tui.__main__ import main
from tests.fakes.command_line import CHEAP


def _now(clock: Path) -> datetime:
    return datetime.fromisoformat(clock.read_text("utf-8"))


def run(clock: Path, argv: Sequence[str]) -> int:
    """The program, as its own exit code says."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    patch("nskeys.store.machine.SystemClock.now", lambda _: _now(clock)).start()
    patch("nskeys.bootstrap.host_name", lambda: "hw2.example.net").start()
    patch("nskeys.bootstrap.Costs", lambda: CHEAP).start()
    if argv[:1] == ["--dies-resealing"]:
        patch("nskeys.services.keys.rotation.reseal_all", _power_cut).start()
        argv = argv[1:]
    return main(argv)


def _power_cut(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))

"""Run under strace: does one piece of work again and again, and dies at another system call each time.

    python kill_driver.py create|add|"add copy key"|rewrap BASE HOMES
    python kill_driver.py bind-to BASE HOMES URI

Each victim works on a copy of BASE, which is left as the dead left it, in HOMES/<call>-<n>.
"""

import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.core.store.keystore.kill_work import WORK, bind_to
from tests.fakes.injection import CALLS, LATEST, Call, in_child, pad


def victim(do: Callable[[Path], None], call: Call, number: int, base: Path, home: Path) -> int | None:
    """Work that is killed at the `number`-th time it makes this call; how it ended."""

    def work() -> None:
        pad(call, number)
        do(home)

    in_child(lambda: shutil.copytree(base, home))
    return in_child(work)


def main(do: Callable[[Path], None], base: Path, homes: Path) -> None:
    """Until for every kind of call a victim came through alive."""
    for kind, call in CALLS.items():
        numbers = range(1, LATEST)
        if all(victim(do, call, number, base, homes / f"{kind}-{number}") is None for number in numbers):
            raise SystemExit(f"more than {LATEST} calls of {kind}: raise LATEST")


if __name__ == "__main__":
    _, name, template, left, *uri = sys.argv
    main(partial(bind_to, uri=uri[0]) if uri else WORK[name], Path(template), Path(left))

"""`nskeys`, standing still where a test wants it to, with passwords that cost nothing to try.

    python paused_nskeys.py STAGE ARGUMENTS

When its work comes to that stage (a token of ports.Stage; `-`: never) it says `paused at STAGE` on standard
error and waits for a signal. If that does not end it, it goes on.
"""

import signal
import sys
from collections.abc import Sequence
from unittest.mock import patch

from nskeys.cli.main import main
from nskeys.cli.progress import TerminalProgress
from nskeys.ports import Stage
from tests.fakes.command_line import connect_cheaply

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_stage = TerminalProgress.stage


def run(wanted: str, argv: Sequence[str]) -> int:
    """The command's exit code."""

    # Blocked from the start, so that no thread of the work takes the signal that is waited for, and none
    # comes between what is said and the waiting.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS if wanted != "-" else ())

    def pausing(self: TerminalProgress, stage: Stage, total: int | None = None) -> None:
        _stage(self, stage, total)
        if stage == wanted:
            sys.stderr.write(f"\npaused at {stage}\n")
            sys.stderr.flush()
            number = signal.sigwait(_SIGNALS)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            signal.raise_signal(number)

    with patch.object(TerminalProgress, "stage", pausing):
        return main(argv, connect_cheaply)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))

"""The app as it is started, `python hanging_app.py HOME WHAT`, with a service that never answers, or that
works until it is stopped and then says so in the file `stopped` of the home."""

import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

from nskeys.errors import Cancelled
from nskeys.ports import Progress, Stage
from nskeys.services.credentials import service as credentials, verify
from nskeys.services.status import audit
from nskeys_tui.__main__ import main

HOME, WHAT = sys.argv[1:]


def hangs(*_: Any) -> NoReturn:
    """Never answers: as a library that deadlocked."""
    threading.Event().wait()
    raise AssertionError("nobody sets it")


def works(_service: Any, _secrets: Any, progress: Progress) -> None:
    """Until it is stopped at one of its safe places."""
    progress.stage(Stage.PROVING, 1_000_000)
    try:
        while True:
            time.sleep(0.02)
            progress.advance()
            progress.checkpoint()
    except Cancelled:
        (Path(HOME) / "stopped").touch()
        raise


HUNG = {
    "audit": (audit.AuditService, "verify", hangs),
    "saving": (credentials.CredentialService, "add", hangs),
    "verify": (verify.VerifyService, "execute", works),
}

if __name__ == "__main__":
    service, call, instead = HUNG[WHAT]
    with patch.object(service, call, instead):
        sys.exit(main(["--home", HOME]))

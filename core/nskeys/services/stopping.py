"""Work that a person stops also while it waits for another derivation of a key to end."""

from collections.abc import Callable
from typing import TypeVar

from nskeys.crypto.kdf import called_off_by
from nskeys.ports import Progress

T = TypeVar("T")


def stoppable(work: Callable[[Progress], T], progress: Progress) -> T:
    """Do `work` in this thread. Cancelled where it was stopped before its turn to derive a key came."""
    with called_off_by(progress.checkpoint):
        return work(progress)

"""Work that a person can stop also while it waits for another key derivation to end."""

from collections.abc import Callable
from typing import TypeVar

from nskeys.crypto.kdf import called_off_by
from nskeys.ports import Progress

T = TypeVar("T")


def stoppable(work: Callable[[Progress], T], progress: Progress) -> T:
    """Do `work` in this thread. Raises Cancelled where a person stopped it while it waited for its turn to
    derive a key."""
    with called_off_by(progress.checkpoint):
        return work(progress)

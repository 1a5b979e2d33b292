"""Memory that holds keys stays this process's own: no core dump of it, and no reading of it by others.

A floor of its own below all others: every program of nskeys begins with it, also those that the core
starts as children, for the kernel makes a process dumpable again when it starts a program.
"""

import ctypes
import resource

_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """For this process, from now on. Root reads the memory of any process all the same."""
    # What catches core dumps by a program (core_pattern) need not heed the limit; not dumpable it heeds.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)

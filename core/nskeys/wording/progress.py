"""How far long work is, in words: the stage, the count, the time left."""

from types import MappingProxyType

from nskeys.ports import Stage
from nskeys.wording.text.numbers import number
from nskeys.wording.text.times import duration

STOPPING = "Stopping where that is safe; press Ctrl-C again to stop at once."

PROVEN, NO_COPY = "proven", "no copy"
"""What became of one of several destinations."""

_STAGES = MappingProxyType(
    {
        Stage.LOOKING: "Looking at what is here",
        Stage.COLLECTING: "Collecting keys and facts",
        Stage.ENCRYPTING: "Encrypting the keys",
        Stage.WRITING: "Writing the backup",
        Stage.READING_BACK: "Reading the backup back",
        Stage.OPENING: "Opening the backup",
        Stage.RECORDING: "Recording it",
        Stage.STORING_KEYS: "Storing the keys",
        Stage.PROVING: "Opening credentials",
        Stage.RESEALING: "Re-sealing credentials",
        Stage.IMPORTING: "Importing credentials",
        Stage.UNLOCKING: "Unlocking the key store",
        Stage.KEEPING_APART: "Keeping the database's present state apart",
        Stage.COPYING_ROWS: "Copying rows",
        Stage.FILLING: "Making the CMDB from the copy",
        Stage.COMPARING_ROWS: "Comparing credentials with the inventory",
        Stage.OPENING_PARTS: "Opening the copied rows",
        Stage.REMOVING: "Removing old backups",
        Stage.MAKING_IDENTITY: "Making the identity",
        Stage.TRYING_IDENTITY: "Opening a test file with it",
    }
)


def stage_name(stage: Stage) -> str:
    """Return the words for a stage: `Opening credentials`."""
    return _STAGES[stage]


def progress_line(stage: Stage, done: int, total: int | None, seconds_left: float | None = None) -> str:
    """Return text such as `Opening credentials: 1,200 of 100,000, about 2 minutes left`, with what is
    known."""
    if total is None:
        return stage_name(stage)
    line = f"{stage_name(stage)}: {number(done)} of {number(total)}"
    left = "" if seconds_left is None or done >= total else duration(seconds_left)
    return f"{line}, {left}" if left else line

"""Run under strace: one command of nskeys again and again, each time struck at another system call.

    python kill_driver.py kill|fail NAME STRIDE BASE WORLD CASES

Each victim gets a copy of BASE, moved to the one place WORLD, for addresses are absolute; what it leaves
is kept in CASES/<call>-<n>, with its standard output, its standard error and how it ended (`killed`, or
its exit code). A kind of call is walked until a victim made no more of it; that one is not kept. Of the
writes within SQLite's files, of which there are most, every STRIDE-th is struck, and with a STRIDE above 1
nobody is killed at a call that only syncs.
"""

import gc
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from nskeys.services.keys import rotation
from tests.end_to_end.killed_commands import COMMANDS
from tests.end_to_end.world import World
from tests.fakes.injection import CALLS, LATEST, SYNCS, Blow, Call, in_child, pad, was_struck

NOT_STRUCK = 250


def main(blow: Blow, name: str, stride: int, base: Path, world: World, cases: Path) -> None:
    """All kinds of calls, all their numbers."""
    rotation.BATCH = 3  # so that there are two
    rehearse(name, base, world)
    gc.freeze()  # what is collected in a child is copied first
    for kind, call in CALLS.items():
        if kind in SYNCS and blow is Blow.KILL and stride > 1:
            continue  # it leaves what one leaves that is killed at the next call that changes something
        for number in range(1, LATEST, stride if kind == "pwrite" else 1):
            ended = in_child(partial(victim, blow, call, number, name, world))
            left = None if ended == NOT_STRUCK else cases / f"{kind}-{number}"
            # In a child, for this process's own calls are counted too.
            in_child(partial(next_world, world, base, left, ended))
            if left is None:
                break
        else:
            raise SystemExit(f"more than {LATEST} calls of {kind}: raise LATEST")
    shutil.rmtree(world.root)


def rehearse(name: str, base: Path, world: World) -> None:
    """Run the command once, for what it imports: every victim is forked with that."""
    shutil.copytree(base, world.root)
    world.does(*COMMANDS[name].argv(world), codes=frozenset({COMMANDS[name].code}))
    shutil.rmtree(world.root)
    shutil.copytree(base, world.root)


def victim(blow: Blow, call: Call, number: int, name: str, world: World) -> int:
    """The command, its `number`-th call of this kind struck; its exit code, or NOT_STRUCK."""
    for descriptor, stream in ((1, "out"), (2, "err")):
        file = os.open(world.root / stream, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    argv = COMMANDS[name].argv(world)
    pad(call, number)
    code = world.main(*argv)
    if blow is Blow.KILL or not was_struck(call):
        return NOT_STRUCK
    return code


def next_world(world: World, base: Path, left: Path | None, ended: int | None) -> None:
    """Put aside what a victim left, unless it was not struck, and make everything new."""
    if left is None:
        shutil.rmtree(world.root)
    else:
        (world.root / "ended").write_text("killed" if ended is None else str(ended))
        world.root.rename(left)
    shutil.copytree(base, world.root)


if __name__ == "__main__":
    _, how, command, step, *places = sys.argv
    template, place, kept = map(Path, places)
    main(Blow(how), command, int(step), template, World(place), kept)

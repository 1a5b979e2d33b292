"""The crash rules, proven: every command that changes keys is struck at every one of its system calls.

Two walks of each command, as the program runs it on real files: in one the process is killed before the
call, in the other the call fails as on a full or broken disk. After each blow nothing that opened is lost,
nothing is claimed that is not so and nothing secret can be read; then the same command finishes the job
and leaves no trace.

Of the writes within SQLite's files, more than half of all calls, every fourth is struck. Killed at a call
that only syncs, a process leaves what it leaves when it is killed at the next one, so those calls fail and
do not kill. What other walks nearly cover is left out. With NSKEYS_EVERY_CALL set, everything is walked.
"""

import os
import shutil
from pathlib import Path

import pytest

from nskeys.archive import cross_check
from nskeys.cli.exit_codes import Exit
from tests.end_to_end.kill_judge import Judge, credential_rows
from tests.end_to_end.killed_commands import COMMANDS, Command
from tests.end_to_end.world import World, quick_folder
from tests.fakes.injection import CALLS, SYNCS, Blow, run_driver
from tests.fakes.second_reader import in_this_process

DRIVER = Path(__file__).with_name("kill_driver.py")
WHOLE = bool(os.environ.get("NSKEYS_EVERY_CALL"))
STRIDE = 1 if WHOLE else 4


class Walk:
    """One command, struck at each of its calls in turn."""

    def __init__(self, name: str, blow: Blow, folder: Path) -> None:
        self.command: Command = COMMANDS[name]
        self.blow = blow
        self.world = World(folder / "world")
        self._cases = folder / "cases"
        self._cases.mkdir()
        self.command.prepare(self.world)
        self._judge = Judge(self.command, self.world, credential_rows(self.world))
        base = folder / "base"
        self.world.root.rename(base)
        places = (base, self.world.root, self._cases)
        run_driver(blow, DRIVER, blow, name, str(STRIDE), *map(str, places))

    def judge_all(self) -> dict[str, bool]:
        """Whether the command was done, for each blow."""
        done = {}
        for left in sorted(self._cases.iterdir()):
            left.rename(self.world.root)
            try:
                done[left.name] = self._is_done(left.name)
            except Exception as error:
                error.add_note(f"struck at {left.name}")
                raise
            shutil.rmtree(self.world.root)
        return done

    def _is_done(self, case: str) -> bool:
        ended = (self.world.root / "ended").read_text()
        done = self._judge.after_death()
        if self.blow is Blow.FAIL:
            self._told_the_truth(case, int(ended), done)
        else:
            assert ended == "killed"
        self._judge.after_running_again(done)
        return done

    def _told_the_truth(self, case: str, code: int, done: bool) -> None:
        said = (self.world.root / "err").read_text()
        assert "Traceback" not in said
        if code == self.command.code:
            assert done, "it said that it was done"
        else:
            # A copy that could not be read counts as none, and then a backup is due.
            assert code in set(Exit) - {Exit.DONE, Exit.BUG}, said
            assert said.count("\n") >= 2 or case.startswith("write"), "what happened, and what to do"


@pytest.mark.parametrize("blow", list(Blow))
@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if WHOLE or command.always])
def test_struck_anywhere_nothing_is_lost_and_running_it_again_finishes(
    name: str, blow: Blow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quick_folder() as folder:
        walk = Walk(name, blow, folder)
        monkeypatch.setattr(cross_check, "second_opinion", in_this_process)
        done = walk.judge_all()
    kinds = {case.partition("-")[0] for case in done}
    # SQLite syncs what it commits by fdatasync; a move fills a file that is synced as a whole.
    syncs = frozenset({"fsync"}) if walk.command.leaves else SYNCS
    if blow is Blow.KILL and not WHOLE:
        syncs = frozenset()
    assert {"write", "pwrite", "unlink", *syncs} <= kinds <= CALLS.keys()
    # Dead at its first word it has not happened; dead at its last one it has. Pruning's words are its last.
    assert blow is Blow.FAIL or not done["pwrite-1" if walk.command.removes else "write-1"]
    assert set(done.values()) == {False, True}

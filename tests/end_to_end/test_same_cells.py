"""Every screen and every dialog, with hostile text in them, in three sizes and four looks: what is sent as
changed cells shows the very cells, colours and cursor that Textual's own output does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end import same_cells_tour
from tests.end_to_end.test_sentinels import forged, planted
from tests.end_to_end.test_sentinels_on_a_terminal import hostile_files, screens, spoilt
from tests.fakes.command_line import Machine
from tests.tui.stage import HOME_SIZE, SMALL_SIZE


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE, (132, 43)])
def test_not_one_cell_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], size: tuple[int, int]
) -> None:
    (tmp_path / "machines").mkdir()
    machine = Machine(tmp_path / "machines", capsys)
    backup, export = hostile_files(machine, planted(machine))
    forged(machine.home)
    spoilt(machine.home)
    argv = [str(machine.home), str(backup), str(export), *map(str, size)]
    ended = subprocess.run(
        [sys.executable, "-m", same_cells_tour.__name__, *argv],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=1_500,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["different"] == []
    assert screens().keys() - set(told["seen"]) == set(), "these screens are not on the tour"
    assert told["ours"] <= 0.2 * told["textual"], told
    print(size, {name: told[name] for name in ("updates", "textual", "ours")})

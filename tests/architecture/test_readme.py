"""The README tells the truth: help blocks, exit codes, links and the checksum are the program's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nskeys.archive.reader import READER_SHA256
from nskeys.cli.exit_codes import Exit

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_HELP_BLOCKS = re.findall(r"```text\n\$ nskeys ([^\n]*)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("arguments", "shown"), _HELP_BLOCKS, ids=[block[0] for block in _HELP_BLOCKS])
def test_a_help_block_is_what_the_program_prints(arguments: str, shown: str) -> None:
    command = [sys.executable, "-m", "nskeys_tui", *arguments.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == shown


def test_there_are_help_blocks() -> None:
    assert len(_HELP_BLOCKS) >= 3


def test_the_exit_table_is_the_program_s() -> None:
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert table == {int(code) for code in Exit}


def test_the_reader_s_checksum_is_named() -> None:
    assert READER_SHA256 in README


def test_every_link_to_a_file_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_ci_runs_the_readme_s_second_command() -> None:
    """`.ci/run` reads it from here, so there is one of it, alone on its line."""
    assert README.count("# run every test\n") == 1
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "sed -n '/^# run every test$/{n;p}' README.md" in script

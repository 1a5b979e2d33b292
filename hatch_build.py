"""Builds the manual page and the completions for shells from the parser into the wheel.

They go where shells and `man` look below the prefix of an installation. Nothing in them depends on the
machine; the manual page's date is that of SOURCE_DATE_EPOCH, and missing where that is.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import shtab
from argparse_manpage.manpage import Manpage
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CORE = Path(__file__).parent / "core"
SHELLS = {
    "bash": "share/bash-completion/completions/nskeys",
    "zsh": "share/zsh/site-functions/_nskeys",
    "fish": "share/fish/vendor_completions.d/nskeys.fish",
}
MANUAL = "share/man/man1/nskeys.1"
COMPLETED = {
    "F": shtab.FILE,
    "FILE": shtab.FILE,
    "DIR": shtab.DIRECTORY,
    "DEST": shtab.DIRECTORY,
    "DESTINATION": shtab.DIRECTORY,
}
"""What a shell completes in the place of a value, by what the help calls it."""

_AS_IT_STANDS = ".nf\n.in 4n\n{}\n.in\n.fi"
"""In roff: lines that are not filled, and fit a terminal as those of a help do."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling's hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files, and name them as data of the wheel."""
        self._folder = TemporaryDirectory()
        for number, (place, text) in enumerate(generated().items()):
            path = Path(self._folder.name, str(number))
            path.write_text(text, encoding="utf-8")
            path.chmod(0o644)
            build_data["shared_data"][str(path)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """They are in the wheel."""
        self._folder.cleanup()


def generated() -> dict[str, str]:
    """The text of each file, by its place below the prefix."""
    return {MANUAL: manual()} | {place: completion(shell) for shell, place in SHELLS.items()}


def completion(shell: str) -> str:
    """What a shell reads."""
    parser = _grammar()
    for one in (parser, *parser.below()):
        for action in one._actions:
            if action.metavar in COMPLETED:
                action.complete = COMPLETED[action.metavar]
    return shtab.complete(parser, shell)


def manual() -> str:
    """The manual page: a section for each command; what every command knows stands once."""
    parser = _grammar()
    from nskeys import __version__

    for command in parser.below():
        for action in _everywhere(command):
            action.help = argparse.SUPPRESS
        if command.epilog:
            heading, _, example = command.epilog.partition("\n")
            command.description = (
                f"{command.description}\n\n{heading}\n{_AS_IT_STANDS.format(dedent(example))}"
            )
    data = {"project_name": "nskeys", "version": __version__, "manual_title": "nskeys"}
    page = Manpage(
        parser, {**data, "description": "a server's keys, their backups, and what would come back"}
    )
    page.date = _date()
    # A line of text that begins with a quote would be a request of roff's.
    lines = (rf"\&{line}" if line.startswith("'") else line for line in str(page).splitlines())
    return "\n".join(lines) + "\n"


def _everywhere(command: argparse.ArgumentParser) -> list[argparse.Action]:
    [group] = [group for group in command._action_groups if group.title == "options everywhere"]
    return group._group_actions


def _date() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return f"{datetime.fromtimestamp(int(epoch), UTC):%B %d, %Y}" if epoch else ""


def _grammar() -> Any:
    """The parser of this tree, which needs nothing that a place to build in may lack."""
    if str(CORE) not in sys.path:
        sys.path.insert(0, str(CORE))
    from nskeys.cli.grammar.program import grammar

    return grammar()

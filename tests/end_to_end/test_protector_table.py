"""The README's table of protectors: every cell is tried, and says what happens.

A cell begins with `opens` or `shut`, or with `yes` or `no` where it asks for a person.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nskeys.cli.grammar.options import PROTECTORS
from tests.fakes.command_line import Machine
from tests.fakes.token import PIN, Tokens
from tests.fakes.tpm import Board

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COLUMNS = (
    "disk stolen",
    "disk image on new hardware",
    "root on this machine",
    "firmware update",
    "person needed at boot",
)


def table() -> dict[tuple[str, str], str]:
    """The first word of each cell, by protector and column."""
    head, rows = re.findall(r"^\| protector \|(.*)\|\n\|[-|]+\|\n((?:\|.*\|\n)+)", README, re.MULTILINE)[0]
    assert tuple(cell.strip() for cell in head.split("|")) == COLUMNS
    cells = {}
    for row in rows.splitlines():
        name, *words = [cell.strip() for cell in row.strip("|").split("|")]
        for column, word in zip(COLUMNS, words, strict=True):
            cells[name.strip("`"), column] = re.split(r"\W", word)[0]
    return cells


TABLE = table()


class Case:
    """A server under one protector, on a board whose TPM can be exchanged, with a token plugged in."""

    def __init__(self, name: str, machine: Machine, board: Board, tokens: Tokens) -> None:
        self.board = board
        self.tokens = tokens
        self._person: list[str] = []
        if name == "passphrase":
            self._person = ["--passphrase-file", machine.file("passphrase", "nine pears")]
        if name == "pkcs11":
            self._person = ["--pin-file", machine.file("pin", PIN)]
        self._machine = machine
        uri = {"tpm2": board.uri, "pkcs11": tokens.uri()}.get(name, name)
        machine.does("init", "--server-name", "ns01.example.net", "--protector", uri, *self._person)
        fields = ("--kind", "run-as", "--name", "one", "--target", "x", "--account", "y")
        secret = ("--secret-file", machine.file("secret", "a secret"))
        machine.does("credential", "add", *fields, *secret, *self._person)

    def opens(self, *, with_its_person: bool, machine: Machine | None = None) -> str:
        """Whether the credential opens, as the table says it."""
        person = self._person if with_its_person else []
        ran = (machine or self._machine).run("verify", *person)
        assert ran.code in (0, 69, 77)
        return "opens" if ran.code == 0 else "shut"

    def carried_away(self) -> Machine:
        """A copy of the disk, in a machine with another board."""
        other = self._machine.beside("elsewhere")
        shutil.copytree(self._machine.home, other.home)
        self.board.exchange()
        return other


def stolen(case: Case) -> str:
    case.tokens.unplug()
    return case.opens(with_its_person=False, machine=case.carried_away())


def on_new_hardware(case: Case) -> str:
    return case.opens(with_its_person=True, machine=case.carried_away())


def root(case: Case) -> str:
    return case.opens(with_its_person=False)


def firmware(case: Case) -> str:
    for register in range(8):
        case.board.extend(register)
    return case.opens(with_its_person=True)


def person(case: Case) -> str:
    return {"opens": "no", "shut": "yes"}[case.opens(with_its_person=False)]


TRIED: dict[str, Callable[[Case], str]] = dict(
    zip(COLUMNS, (stolen, on_new_hardware, root, firmware, person), strict=True)
)


@pytest.mark.parametrize(("name", "column"), TABLE)
def test_a_cell_says_what_happens(
    name: str,
    column: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    board: Board,
    tokens: Tokens,
) -> None:
    (tmp_path / "machines").mkdir()
    case = Case(name, Machine(tmp_path / "machines", capsys), board, tokens)
    assert TRIED[column](case) == TABLE[name, column]


def test_every_protector_is_in_it() -> None:

    assert {name for name, _ in TABLE} == set(PROTECTORS)

"""`drill` and `restore` by custodians' shares: out of a file, or typed at a terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.cli.test_custodians import words_on
from tests.core.cli.test_prompt import at_a_terminal, ended
from tests.fakes.command_line import Machine


class Held:
    """A server whose backup three of five custodians open."""

    def __init__(self, server: Machine) -> None:
        self.server = server
        self.texts = self._split("sheets", 5, 3)
        self.backup = server.does("backup", "--to", server.vault())["copies"][0]["path"]

    def _split(self, name: str, shares: int, threshold: int) -> list[str]:
        folder = self.server.folder / name
        folder.mkdir(mode=0o700)
        numbers = ("--shares", str(shares), "--threshold", str(threshold))
        files = self.server.does("custodians", "split", *numbers, "--sheets", str(folder))["files"]
        texts = [words_on(Path(path).read_text("utf-8")) for path in files]
        self.server.does("custodians", "check", "--shares-file", self.server.file("all", "\n".join(texts)))
        return texts

    def replaced(self) -> list[str]:
        """New custodians."""
        return self._split("more sheets", 3, 2)

    def file(self, *texts: str) -> str:
        """A file with these shares."""
        return self.server.file("shares", "\n".join(texts) + "\n")


@pytest.fixture
def held(server: Machine) -> Held:
    return Held(server)


@pytest.mark.parametrize("order", [(0, 1, 2), (4, 3, 2, 1), (2, 0, 1, 3, 4)])
def test_any_three_drill(held: Held, order: tuple[int, ...]) -> None:
    path = held.file(*(held.texts[number] for number in order))
    report = held.server.does("drill", "latest", "--shares-file", path)
    assert report["proof"] == "credentials_open"


def test_new_hardware_is_restored_by_three(held: Held) -> None:
    held.server.does("drill", "latest", "--shares-file", held.file(*held.texts))
    fresh = held.server.beside("b")
    path = held.file(held.texts[4], held.texts[1], held.texts[0])
    report = fresh.does(
        "restore", held.backup, "--shares-file", path, "--protector", "file", *held.server.confirmed
    )
    assert len(report["added"]) == 1


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (lambda texts: texts[:2], 77, "3 shares are needed, and 2 were given."),
        (lambda texts: [texts[0], texts[1], texts[1]], 65, "Line 3: share 2 was given already."),
        (
            lambda texts: [texts[0], texts[1].rsplit(" ", 1)[0]],
            65,
            "Line 2: a share has 20 words, and this has 19.",
        ),
    ],
)
def test_shares_that_are_not_enough(
    held: Held, given: Callable[[list[str]], list[str]], code: int, said: str
) -> None:
    ran = held.server.run("drill", held.backup, "--shares-file", held.file(*given(held.texts)))
    assert ran.code == code
    assert said in ran.err


def test_old_sheets_open_old_backups_and_the_register_says_so(held: Held) -> None:
    new = held.replaced()
    second = held.server.does("backup")["copies"][0]["path"]
    ran = held.server.run("drill", second, "--shares-file", held.file(*held.texts))
    assert (ran.code, "Line 1: this sheet is from another set" in ran.err) == (65, True)
    for backup, texts in ((held.backup, held.texts), (second, new)):
        report = held.server.does("drill", backup, "--shares-file", held.file(*texts))
        assert report["proof"] == "credentials_open"
    shown = held.server.run("inspect", held.backup).out + held.server.run("inspect", second).out
    assert "custodians' identity 1" in shown
    assert "custodians' identity 2" in shown


def test_a_backup_that_is_for_no_custodians(server: Machine) -> None:
    server.back_up("--to", server.vault())
    ran = server.run("drill", "latest", "--shares")
    assert ran.code == 77
    assert "There is no custodians' identity in" in ran.err


def test_shares_beside_a_password_mean_nothing(held: Held) -> None:
    ran = held.server.run("drill", "latest", "--shares", "--password-file", held.server.password)
    assert ran.code == 64


def test_three_custodians_at_a_terminal(held: Held) -> None:
    with at_a_terminal(held.server, "drill", "latest", "--shares") as session:
        for number, given in enumerate((4, 0, 2)):
            session.wait_for(f"{number} of 3 given")
            if number == 1:
                session.press(*" ".join(held.texts[4].split()[:4]), "enter")
                session.wait_for("Share 5 was given already.")
                session.press("enter")
                session.wait_for("Word 1 of 20")
            session.press(*held.texts[given], "enter")
        assert ended(session) == 0
        assert "Every credential opened (2)." in session.text
        assert held.texts[4].split()[7] not in session.text

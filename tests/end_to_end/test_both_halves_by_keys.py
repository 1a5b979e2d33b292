"""The story of both halves by keys alone, in a terminal of 80x24: a server dies with everything that was on
it, and a bare machine with an address, a password and the number on the runbook shows every credential as
it was."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.end_to_end.both_halves_story import (
    EDITED,
    ENGINES,
    SECRETS,
    cmdb_options,
    export_of,
    lived,
    revealed,
)
from tests.end_to_end.test_both_halves_by_shares import by_three_of_five
from tests.end_to_end.tmux_session import TmuxSession, needs_tmux
from tests.fakes.command_line import Machine
from tests.fakes.sshd import Sshd

pytestmark = needs_tmux
ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
ANEW = "MARKED anew"
_EVERYTHING = len(SECRETS)
_PATIENCE = 20.0


@pytest.fixture
def place(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A server that both machines' people can log in to."""
    user = tmp_path / "user"
    (user / ".ssh").mkdir(parents=True)
    shutil.copy(sshd.key, user / ".ssh" / "id_ed25519")
    (user / ".ssh" / "known_hosts").write_text(sshd.known())
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "vault").mkdir()
    return sshd.address(tmp_path / "vault")


@pytest.fixture(params=ENGINES)
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The options that name the old CMDB and the new one; none for SQLite in the home."""
    with cmdb_options(request.param) as old, cmdb_options(request.param) as new:
        yield old, new


def app(machine: Machine) -> TmuxSession:
    """The app as it is started, but that passwords cost next to nothing."""
    program = [sys.executable, "-m", "tests.end_to_end.cheap_app", str(machine.home)]
    return TmuxSession(["env", f"--chdir={ROOT}", *program])


def test_a_bare_machine_brings_every_credential_back(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: str,
    databases: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    old = Machine(tmp_path, capsys, "old")
    with app(old) as screen:
        _install(screen, *databases[0])
        _import(screen, export_of(old))
        _declare(screen, place)
        screen.wait_for(f"0 of {_EVERYTHING}", "at risk")
        _back_up(screen, place, keys=True)
        screen.wait_for(f"{_EVERYTHING} of {_EVERYTHING}")
        _drill(screen)
        _edit_one(screen)
        screen.wait_for(f"{_EVERYTHING - 1} of {_EVERYTHING}", "1 at risk")
        _back_up(screen, place, keys=False)
        screen.wait_for(f"{_EVERYTHING} of {_EVERYTHING}")
    runbook = old.confirmed[1]
    shutil.rmtree(old.home)

    _bring_back(old.beside("bare"), databases[1], place, runbook, _by_password)


def test_three_of_five_custodians_bring_every_credential_back(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: str,
    databases: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    """Nobody knows a password: three people come with their sheets, and type them."""
    old = Machine(tmp_path, capsys, "old")
    life = lived(old, place, databases[0], by_three_of_five)
    sheets = Path(life.opens[1]).read_text("utf-8").splitlines()
    assert life.secrets == {**SECRETS, EDITED: ANEW}
    opens = partial(_by_sheets, sheets=sheets)
    _bring_back(old.beside("bare"), databases[1], place, life.confirmed[1], opens)


def _bring_back(
    bare: Machine,
    cmdb: tuple[str, ...],
    place: str,
    runbook: str,
    opens: Callable[[TmuxSession], None],
) -> None:
    """By keys, on a machine with nothing; and every credential is as it was."""
    wanted = {**SECRETS, EDITED: ANEW}
    with app(bare) as screen:
        if cmdb:
            _use_cmdb(screen, cmdb[1])
        _restore(screen, place, runbook, opens)
        screen.wait_for(f"of {_EVERYTHING} credentials would come back")
        for reference, secret in wanted.items():
            _reveal(screen, reference.partition("/")[2], secret)
    assert revealed(bare) == wanted
    assert bare.run("verify").code == 0
    assert bare.run("audit", "--verify").code == 0


def _install(screen: TmuxSession, *cmdb: str) -> None:
    screen.wait_for("Nothing is set up", "New installation")
    screen.press("Enter")
    screen.wait_for("Server name", "Enter Set up")
    screen.press("C-a", "C-k")
    screen.write("ns01.example.net")
    if cmdb:
        screen.press("Tab")
        screen.write(cmdb[1])
    screen.wait_for("Server name ns01.example.net")
    screen.press("Enter")
    screen.wait_for("Back up now?", "ns01.example.net is set up")
    screen.press("Down", "Enter")
    screen.wait_for("no credentials are here", "q Quit")


def _import(screen: TmuxSession, export: str) -> None:
    screen.press("m")
    screen.wait_for("Menu", "n Import")
    screen.press("n")
    screen.wait_for("which export?")
    screen.press("Down", "Enter")
    screen.wait_for("Enter Accept")
    screen.write(export)
    screen.press("Enter")
    screen.wait_for("the preview")
    screen.press("Enter")
    screen.wait_for(f"{_EVERYTHING} credentials were imported")
    _to_the_first_screen(screen)


def _declare(screen: TmuxSession, place: str) -> None:
    screen.press("m")
    screen.wait_for("Menu", "t Destinations")
    screen.press("t")
    screen.wait_for("each tried now", "a Add")
    screen.press("a")
    screen.wait_for("Add a destination")
    screen.press("Down", "Enter")
    screen.wait_for("Enter Accept")
    screen.write(place)
    screen.press("Enter")
    screen.wait_for("is a destination now", "each tried now")
    screen.press("e")  # the server of this test is this machine
    screen.wait_for("Carried away")
    screen.write("a vault in another house")
    screen.press("Enter")
    screen.wait_for("declared")
    _to_the_first_screen(screen)


def _back_up(screen: TmuxSession, place: str, *, keys: bool) -> None:
    screen.press("b")
    screen.wait_for("where to?", place[:20])
    screen.press("Enter")
    if keys:
        screen.wait_for("New password")
        screen.write(f"{PASSWORD}\t{PASSWORD}")
        screen.wait_for("strong")
        screen.press("Enter")
    else:
        screen.wait_for("no password is asked")
    screen.wait_for("this will be written")
    screen.press("Enter")
    screen.wait_for("The database copy of change")
    screen.press("Enter")


def _drill(screen: TmuxSession) -> None:
    screen.press("d")
    screen.wait_for("which backup?", "opened after it was written")
    screen.press("Enter")
    screen.wait_for("what is in it", f"{_EVERYTHING} credentials in 1 part")
    screen.press("Enter")
    screen.wait_for("Password of the backup")
    screen.write(PASSWORD)
    screen.press("Enter")
    screen.wait_for(f"Every credential opened ({_EVERYTHING}).", "its rows are those that must be there")
    screen.press("Enter")
    screen.wait_for("drilled just now")


def _find(screen: TmuxSession, name: str) -> None:
    """Open the credential of this name."""
    screen.press("/", "C-u")
    screen.write(name)
    screen.wait_for("1 found")
    end = time.monotonic() + _PATIENCE
    while "s Show secret" not in screen.text:  # the first one leads to the row, the next one opens it
        assert time.monotonic() < end, screen.text
        screen.press("Enter")
        time.sleep(0.5)


def _edit_one(screen: TmuxSession) -> None:
    _find(screen, EDITED.partition("/")[2])
    screen.press("e")
    screen.wait_for("Edit", "Enter Save")
    screen.press("Tab", "Tab", "Tab")
    screen.write(ANEW)
    screen.press("Enter")
    screen.wait_for("s Show secret")
    _to_the_first_screen(screen)


def _use_cmdb(screen: TmuxSession, address: str) -> None:
    screen.wait_for("Nothing is set up", "Use a CMDB that exists")
    screen.press("End", "Enter")
    screen.wait_for("Where is the CMDB")
    screen.write(address)
    screen.press("Enter")
    screen.wait_for("This home uses the CMDB", "▸ New installation")


def _by_password(screen: TmuxSession) -> None:
    screen.wait_for("Password of the backup")
    screen.write(PASSWORD)
    screen.press("Enter")


def _by_sheets(screen: TmuxSession, sheets: Sequence[str]) -> None:
    for given, sheet in enumerate(sheets):
        screen.wait_for(f"{given} of {len(sheets)} given")
        screen.write(f"{sheet} ")
        screen.press("Enter")


def _restore(screen: TmuxSession, place: str, runbook: str, opens: Callable[[TmuxSession], None]) -> None:
    screen.wait_for("Restore from a backup")
    screen.press("Down", "Enter")
    screen.wait_for("which backup?", "A file or place, typed")
    screen.press("End", "Enter")
    screen.wait_for("Where is the backup?")
    screen.write(place)
    screen.press("Enter")
    screen.wait_for("what is in it", f"{_EVERYTHING} credentials in 1 part")
    screen.press("Enter")
    opens(screen)
    screen.wait_for("the plan", f"{_EVERYTHING} of {_EVERYTHING} credentials will open")
    screen.press("Enter")
    shown = screen.wait_for("Is this the server key on your runbook?")
    assert runbook in "".join(line.strip(" │\n").partition("│ ")[2] or line for line in shown.splitlines())
    screen.press("End", "Enter")
    screen.wait_for("Plain file")
    screen.press("Enter")
    screen.wait_for(f"Every credential opened ({_EVERYTHING}).")
    screen.press("Enter")


def _reveal(screen: TmuxSession, name: str, secret: str) -> None:
    _find(screen, name)
    screen.press("s")
    screen.wait_for(secret)
    _to_the_first_screen(screen)


def _to_the_first_screen(screen: TmuxSession) -> None:
    """Escape by Escape, each one once the last one left its screen: Escape and a letter are another key."""
    end = time.monotonic() + _PATIENCE
    while "m Menu" not in screen.text:
        assert time.monotonic() < end, screen.text
        title = screen.text.splitlines()[0]
        screen.press("Escape")
        while screen.text.splitlines()[0] == title and time.monotonic() < end:
            time.sleep(0.03)

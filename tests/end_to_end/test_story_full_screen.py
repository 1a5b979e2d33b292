"""The main job in the full-screen app, in a real terminal, with nothing but keys: set up, back up, lose the
machine, restore on new hardware, and see every credential open again."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.tmux_session import TmuxSession, needs_tmux
from tests.fakes.json_documents import checked

EXPORT = Path(__file__).parents[1] / "vectors" / "exports" / "keepassxc.csv"
PASSWORD = "correct horse battery staple"
SIZES = ((80, 24), (60, 18))

pytestmark = needs_tmux


def nskeys(home: Path) -> list[str]:
    return [sys.executable, "-m", "nskeys_tui", "--home", str(home)]


def by_command(home: Path, *arguments: str) -> Any:
    """The same program's command line; exit code 1 says that something is at risk, and is fine."""
    command = [*nskeys(home), *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return checked(done.stdout)


@pytest.mark.parametrize(("columns", "lines"), SIZES, ids=["80x24", "60x18"])
def test_the_whole_story_by_keys(tmp_path: Path, columns: int, lines: int) -> None:
    a, b, vault = tmp_path / "a", tmp_path / "b", tmp_path / "vault"
    vault.mkdir()
    with TmuxSession(nskeys(a), columns=columns, lines=lines) as screen:
        set_up(screen)
        add_one(screen)
    imported = by_command(a, "credential", "import", str(EXPORT))["imported"]
    by_command(a, "destination", "add", str(vault), "--elsewhere", "tape to the safe")
    total = imported + 1
    with TmuxSession(nskeys(a), columns=columns, lines=lines) as screen:
        screen.wait_for(f"0 of {total}")
        back_up(screen, vault)
        screen.press("Enter")
        screen.wait_for(f"{total} of {total}")
    registry = by_command(a, "registry")
    assert registry["KMSBackupPath"] == str(vault)
    assert sorted("-cmdb-1of1" in path.name for path in vault.glob("*.zip")) == [False, True], "both halves"

    b.mkdir()
    shutil.copy(a / "cmdb.sqlite3", b)
    with TmuxSession(nskeys(b), columns=columns, lines=lines) as screen:
        restore(screen, total)
    assert secrets(a) == secrets(b)
    whole = {"opened": total, "failed": 0, "failures": [], "differences": []}
    assert by_command(b, "verify") == whole


def set_up(screen: TmuxSession) -> None:
    screen.wait_for("Nothing is set up", "New installation")
    screen.press("Enter")
    screen.wait_for("Server name")
    screen.press("Enter")
    screen.wait_for("Back up now?", "is set up", "in no backup yet")
    screen.press("Down", "Enter")
    screen.wait_for("no credentials are here", "no backup was made yet")


def add_one(screen: TmuxSession) -> None:
    screen.press("a")
    screen.wait_for("Add a credential", "run-as")
    screen.press("Enter")
    screen.wait_for("Enter Save")
    screen.write("emea-ns02\thttps://ns02.emea\tCORP\\svc-repl\ttr0ub4dor")
    screen.press("Enter")
    shown = screen.wait_for("0 of 1", "at risk", "emea-ns02")
    assert "tr0ub4dor" not in shown


def back_up(screen: TmuxSession, vault: Path) -> None:
    screen.press("b")
    screen.wait_for("where to?", "tape to the safe")
    screen.press("Enter")
    screen.wait_for("New password")
    screen.write(f"{PASSWORD}\t{PASSWORD}")
    screen.wait_for("strong")
    screen.press("Enter")
    screen.wait_for("this will be written", str(vault.name))
    screen.press("Enter")
    screen.wait_for("Backup of Notification Server cryptographic keys is complete")


def restore(screen: TmuxSession, total: int) -> None:
    screen.wait_for(f"{total} credentials, and no keys", "Restore from backup 1")
    screen.press("Enter")
    screen.wait_for("what is in it", "number 1 of CMDB", "Enter asks for its password")
    screen.press("Enter")
    screen.wait_for("Password of the backup")
    screen.write("not this one")
    screen.press("Enter")
    screen.wait_for("That password does not open this backup")
    screen.write(PASSWORD)
    screen.press("Enter")
    screen.wait_for("the plan", f"{total} of {total} credentials will open", "new, active")
    screen.press("Enter")
    screen.wait_for("Is this the server key on your runbook?")
    screen.press("End")
    screen.press("Enter")
    screen.wait_for("Plain file", "Passphrase")
    screen.press("Enter")
    screen.wait_for(f"Every credential opened ({total})")
    screen.press("l")
    screen.wait_for("credential by credential", "opened")
    screen.press("Escape")
    screen.wait_for("Every credential opened", "1 key was added")
    screen.press("Enter")
    screen.wait_for(f"of {total} credentials would come back")


def secrets(home: Path) -> dict[str, str]:
    """Every secret, revealed by the command line."""
    listed = by_command(home, "credential", "list")
    return {
        item["name"]: by_command(home, "credential", "show", item["id"], "--reveal")["secret"]
        for item in listed[:4]
    }

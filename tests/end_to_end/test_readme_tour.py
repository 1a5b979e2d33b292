"""The README's five minutes: every line of it is typed, in a shell on a terminal, on an empty machine."""

import os
import re
import shutil
import sys
from pathlib import Path

from tests.end_to_end.pty_session import PtySession
from tests.fakes.programs import needs

ROOT = Path(__file__).parents[2]
_PASSWORD = "seven apples and a pear"
_ASKS = re.compile(rb"(?:[Pp]assword|[Pp]assphrase|[Aa]gain)[^\r\n]*: ?$")
_CONFIRMS = re.compile(rb"Is that the server key on the runbook\? Type yes[^\r\n]*: ?$")
_FAILS = {"nskeys status": (0, 1)}
"""Exit code 1 of `status` says that some credentials are at risk, as the tour shows."""


def blocks() -> list[list[str]]:
    """The lines of each block of commands of the tour, without what only explains them."""
    tour = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Five minutes")[2]
    found = re.findall(r"```sh\n(.*?)```", tour.partition("\n## ")[0], re.DOTALL)
    return [[line for text in block.splitlines() if (line := _command(text))] for block in found]


def _command(text: str) -> str:
    return re.sub(r"(^|\s+)#.*$", "", text).strip()


class Machine:
    """A folder that stands for a machine: what the tour names by absolute path lies below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "export.csv").symlink_to(ROOT / "export.csv")
        self.home = folder / "nskeys"

    def types(self, line: str) -> str:
        """What the terminal shows after the line; whatever asks for a password gets the tour's, and the
        server key is the one on the runbook."""
        environment = {
            "HOME": str(self.folder),
            "NSKEYS_HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        shell = ["bash", "-c", line]
        with PtySession(
            shell, columns=200, lines=60, environment=environment, directory=str(self.folder)
        ) as session:
            answered = -1
            while session._read(30.0) is not None:
                if session.received != answered and _ASKS.search(session.raw):
                    answered = session.received
                    session.write(f"{_PASSWORD}\n")
                elif session.received != answered and _CONFIRMS.search(session.raw):
                    answered = session.received
                    session.write("yes\n")
            code = session.wait_end()
            assert code in _FAILS.get(line, (0,)), (line, code, session.text)
            return session.text


@needs("age", "unzip", "bash")
def test_every_line_of_the_tour_does_what_it_says(tmp_path: Path) -> None:
    set_up, back_up, restore, without, rows = blocks()
    machine = Machine(tmp_path / "a")
    backups = tmp_path / "srv"
    assert [machine.types(line) for line in set_up][-1].startswith(
        "If this server died now, 0 of 14 credentials would come back."
    )
    told = [machine.types(line.replace("/srv/backups", str(backups))) for line in back_up]
    assert told[-1].startswith("If this server died now, 14 of 14 credentials would come back.")
    [part] = backups.glob("*-cmdb-1of1.zip")
    [backup] = set(backups.glob("*.zip")) - {part}
    database = tmp_path / "cmdb.sqlite3"
    shutil.copy(machine.home / "cmdb.sqlite3", database)
    shutil.rmtree(machine.folder)
    fresh = Machine(tmp_path / "b")
    told = [fresh.types(re.sub(r"/media/\S+\.zip", str(backup), line)) for line in restore]
    assert "14 of 14" in told[0]
    shutil.copy(backup, fresh.folder / "backup.zip")
    told = [fresh.types(re.sub(r"\S+\.zip", "backup.zip", line)) for line in without]
    assert '"kty"' in told[1]
    assert '"kty"' in told[-1]
    shutil.copy(database, fresh.folder)
    told = [fresh.types(re.sub(r"\S+-cmdb-1of1\.zip", str(part), line)) for line in rows]
    assert all('"secret"' in text for text in told)


def test_the_export_in_the_checkout_is_the_demo_s() -> None:
    demo = ROOT / "tui" / "nskeys_tui" / "demo" / "export.csv"
    assert (ROOT / "export.csv").read_bytes() == demo.read_bytes()

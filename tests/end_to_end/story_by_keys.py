"""The whole story of recoverability with nothing but keys, in a terminal of 80x24: every step, and what is
on the screen after it.

`python -m tests.end_to_end.story_by_keys` writes the screens anew into `screens/end_story`, one file each,
and `git diff` then shows what changed; the test compares them. Dates need no hiding, for the clock is the
story's. What is random is replaced, cell for cell: key and CMDB ids, hashes, the folder's name.
"""

import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import ndiff
from functools import partial
from pathlib import Path

from tests.end_to_end.tmux_session import TmuxSession
from tests.fakes.fixed import AFTERNOON

FOLDER = Path(__file__).parent / "screens" / "end_story"
ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
OLD = (("hierarchy", "ns-1"), ("pcAnywhere", "db-2"), ("run-as", "deploy-3"))
NEW = (("run-as", "deploy-4"), ("run-as", "deploy-5"))
_KINDS = ("hierarchy", "pcAnywhere", "run-as")
_TARGETS = ("https://ns02.example.net", "db.example.net", "finance-*")
_COMPLETE = "Backup of Notification Server cryptographic keys is complete"
_COPIED = "is complete: it was read back and opened"
_LOOKING = "Looking at the backups"
_CHECKED = "looked at, none is missing or changed."
_PATIENCE = 20.0


class Story:
    """Two machines, two places elsewhere, one clock, one terminal at a time."""

    def __init__(self, root: Path, kept: Mapping[str, str] | None) -> None:
        """`kept` are the screens to compare with, by their names; None where they are drawn."""
        self.root, self._kept = root, kept
        self._clock = root / "clock"
        self._names: dict[str, str] = {}
        self.drawn: dict[str, str] = {}
        self.a, self.b = root / "a", root / "b"
        self.vault, self.safe = root / "vault", root / "safe"
        for place in (self.vault, self.safe):
            place.mkdir()

    def at(self, hour: int, minute: int) -> None:
        """It is that late now. In one step: whoever asks meanwhile gets the one or the other."""
        fresh = self.root / "clock.new"
        fresh.write_text(AFTERNOON.replace(hour=hour, minute=minute).isoformat())
        fresh.rename(self._clock)

    def app(self, home: Path, *options: str) -> TmuxSession:
        """The full-screen app, started anew."""
        module = "tests.end_to_end.app_in_time"
        program = [sys.executable, "-m", module, str(self._clock), *options, "--home", str(home)]
        return TmuxSession(["env", f"--chdir={ROOT}", *program])

    def snap(self, screen: TmuxSession, name: str, *wanted: str) -> None:
        """The screen, once it shows all of `wanted`, and is as it was kept, or rests."""
        screen.wait_for(*wanted)
        name = f"{len(self.drawn) + 1:02} {name}"
        kept = None if self._kept is None else self._kept[name]
        end, shown = time.monotonic() + _PATIENCE, ""
        while time.monotonic() < end:
            before, (shown, names) = shown, self._normalised(screen.text)
            rests = shown == before and _LOOKING not in shown
            if rests if kept is None else shown == kept:
                self._names, self.drawn[name] = names, shown
                return
            time.sleep(0.15)
        changed = "\n".join(ndiff((kept or "").splitlines(), shown.splitlines()))
        raise AssertionError(f"{name} is another screen; if that is meant, see {__name__}\n{changed}")

    def _normalised(self, text: str) -> tuple[str, dict[str, str]]:
        """Without what is random, and the numbers that short ids have from now on."""
        names = dict(self._names)
        text = text.replace(str(self.root), "/tmp/root")
        text = re.sub(r"\b[0-9a-f]{8}(?=-\d{8}T\d{6}Z)", "cmdb-id_", text)
        text = re.sub(r"\b[0-9a-f]{64}\b", "#" * 64, text)
        text = re.sub(r"(?<![\w-])[0-9a-f]{8}(?![\w-])", partial(_numbered, names), text)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines()), names


def _numbered(names: dict[str, str], hit: "re.Match[str]") -> str:
    """Short ids get numbers in the order in which they are first seen."""
    return names.setdefault(hit[0], f"id-{len(names) + 1:05}")


def walk(story: Story) -> None:
    """From an empty machine to the last re-entry."""
    story.at(14, 0)
    with story.app(story.a) as screen:
        _install(story, screen)
        _add(story, screen, OLD, 1)
        story.snap(screen, "exposed", "3 at risk since 14:01", "0 of 3")
        _back_up_here(story, screen)
        for place, words in ((story.vault, "a share on vault02"), (story.safe, "tape to the safe")):
            _declare(screen, place, words)
        _back_up_elsewhere(story, screen)
        _drill(story, screen)
        _begin_rotation(story, screen)
    _is_cut_off_resealing(story)
    with story.app(story.a) as screen:
        _add_under_the_new_key(story, screen)
        _check_the_register(story, screen)
        _lose_the_file(story, screen)
        _back_up(story, screen, story.vault)
    _find_it_corrupted(story)
    _move_to_a_new_machine(story)
    with story.app(story.b) as screen:
        _restore(story, screen)
        _declare(screen, story.safe, "tape to the safe")
        _see_what_came_back(story, screen)
    # The line drops after each of them; the list is where it was.
    for number, (_, name) in enumerate(NEW):
        with story.app(story.b) as screen:
            _re_enter(story, screen, number, name)
    with story.app(story.b) as screen:
        story.snap(screen, "re-entered", "3 of 5", "changed since the last database copy", "in 1 backup")
        _back_up_again(story, screen)


def _install(story: Story, screen: TmuxSession) -> None:
    screen.wait_for("Nothing is set up", "New installation")
    screen.press("Enter")
    screen.wait_for("Server name", "the name that its backups carry", "Enter Set up")
    screen.press("C-a", "C-k")
    screen.write("ns01.example.net")
    screen.wait_for("Server name ns01.example.net")
    screen.press("Enter")
    story.snap(screen, "installed", "Back up now?", "ns01.example.net is set up")
    screen.press("Down", "Enter")
    story.snap(screen, "nothing to lose", "no credentials are here", "no backup was made yet")


def _add(story: Story, screen: TmuxSession, credentials: tuple[tuple[str, str], ...], minute: int) -> None:
    for number, (kind, name) in enumerate(credentials, minute):
        story.at(14 if credentials is OLD else 16, number)
        screen.press("a")
        screen.wait_for("Add a credential", "Enter Choose")
        place = _KINDS.index(kind)
        screen.press(*["Down"] * place, "Enter")
        screen.wait_for("Enter Save")
        screen.write(f"{name}\t{_TARGETS[place]}\tCORP\\svc\tMARKED-{name}")
        screen.press("Enter")
        screen.wait_for(name, "q Quit")


def _back_up(story: Story, screen: TmuxSession, place: Path) -> str:
    """Leaves the screen at the end of it."""
    screen.press("b")
    screen.wait_for("where to?", str(place))
    _choose(screen, str(place))
    screen.wait_for("New password")
    screen.write(f"{PASSWORD}\t{PASSWORD}")
    screen.wait_for("strong")
    screen.press("Enter")
    screen.wait_for("this will be written", str(place))
    screen.press("Enter")
    return screen.wait_for(_COMPLETE)


def _copy_the_rows(story: Story, screen: TmuxSession, place: Path) -> None:
    """Where the keys are already: no password is asked for."""
    screen.press("b")
    screen.wait_for("where to?", str(place))
    _choose(screen, str(place))
    story.snap(screen, "only the rows", "this will be written", "no password is asked")
    screen.press("Enter")
    screen.wait_for(_COPIED)


def _key_backups(place: Path) -> list[Path]:
    """Those in it, oldest first."""
    return sorted(path for path in place.iterdir() if "-cmdb-" not in path.name)


def _choose(screen: TmuxSession, words: str) -> None:
    """Down to the choice with these words, and Enter."""
    for _ in range(20):
        before = _chosen(screen)
        if words in before:
            screen.press("Enter")
            return
        screen.press("Down")
        end = time.monotonic() + 5
        while _chosen(screen) == before and time.monotonic() < end:
            time.sleep(0.03)
    raise AssertionError(f"no choice {words}:\n{screen.text}")


def _chosen(screen: TmuxSession) -> str:
    """The line that the pointer is on."""
    lines = screen.text.splitlines()
    return next((line for line in lines if "▸" in line and not line.startswith("──")), "")


def _to_the_first_screen(screen: TmuxSession) -> None:
    """Escape by Escape, each one once the last one left its screen: Escape and a letter are another key."""
    while "m Menu" not in screen.text:
        title = screen.text.splitlines()[0]
        screen.press("Escape")
        end = time.monotonic() + _PATIENCE
        while screen.text.splitlines()[0] == title and time.monotonic() < end:
            time.sleep(0.03)


def _gone(screen: TmuxSession, words: str) -> None:
    """Until a line that goes by itself is gone."""
    end = time.monotonic() + _PATIENCE
    while words in " ".join(screen.text.split()):
        assert time.monotonic() < end, f"{words} did not go:\n{screen.text}"
        time.sleep(0.1)


def _back_up_here(story: Story, screen: TmuxSession) -> None:
    story.at(14, 10)
    _back_up(story, screen, story.a / "backups")
    story.snap(screen, "backed up here", _COMPLETE)
    screen.press("Enter")
    story.snap(screen, "still at risk", "0 of 3", "3 at risk since 14:01", "backed up only here")


def _declare(screen: TmuxSession, place: Path, words: str) -> None:
    screen.press("m")
    screen.wait_for("Menu", "Destinations")
    _choose(screen, "Destinations")
    screen.wait_for("each tried now", "a Add")
    screen.press("a")
    screen.wait_for("Add a destination")
    screen.press("Down", "Enter")
    screen.wait_for("Enter Accept")
    screen.write(str(place))
    screen.press("Enter")
    screen.wait_for("Carried away")
    screen.write(words)
    screen.press("Enter")
    screen.wait_for("is a destination now")
    screen.wait_for("a Add", place.name)
    _gone(screen, "is a destination now")
    _to_the_first_screen(screen)


def _back_up_elsewhere(story: Story, screen: TmuxSession) -> None:
    story.at(14, 20)
    _back_up(story, screen, story.safe)
    story.snap(screen, "backed up elsewhere", _COMPLETE)
    screen.press("Enter")
    story.snap(screen, "recoverable", "3 of 3", "opened just now")


def _drill(story: Story, screen: TmuxSession) -> None:
    story.at(14, 30)
    screen.press("d")
    story.snap(screen, "which backup to drill", "which backup?", "Backup 2 of")
    screen.press("Enter")
    screen.wait_for("asks for its password")
    screen.press("Enter")
    screen.wait_for("Password of the backup")
    screen.write(PASSWORD)
    screen.press("Enter")
    story.snap(screen, "drilled", "Every credential opened")
    screen.press("Enter")
    story.snap(screen, "every credential opened", "3 of 3", "drilled just now")


def _begin_rotation(story: Story, screen: TmuxSession) -> None:
    story.at(15, 0)
    screen.press("o")
    story.snap(screen, "a new key is planned", "Enter makes the key")
    screen.press("Enter")
    story.snap(screen, "the gate", "A backup is due", "no proven backup elsewhere holds it")
    screen.press("Escape")
    story.snap(screen, "the new key waits", "waits for a backup elsewhere")
    story.at(15, 10)
    _back_up(story, screen, story.vault)
    screen.press("Enter")
    story.snap(screen, "the gate is open", "3 of 3", "is backed up: o continues")


def _is_cut_off_resealing(story: Story) -> None:
    """The power fails when the new key is active, and nothing is sealed under it yet."""
    story.at(15, 20)
    with story.app(story.a, "--dies-resealing") as screen:
        screen.wait_for("3 of 3", "o continues")
        screen.press("o")
        screen.wait_for("Enter activates it")
        screen.press("Enter")
        screen.wait_end()


def _add_under_the_new_key(story: Story, screen: TmuxSession) -> None:
    story.snap(screen, "cut off", "3 of 3", "rotation not finished: o continues")
    _add(story, screen, NEW, 0)
    story.snap(screen, "new credentials", "3 of 5", "2 at risk since 16:00")
    story.at(16, 10)
    _copy_the_rows(story, screen, story.vault)
    story.snap(screen, "their rows are copied", _COPIED)
    screen.press("Enter")
    story.snap(screen, "new ones recoverable", "5 of 5")


def _check_the_register(story: Story, screen: TmuxSession) -> None:
    story.at(16, 30)
    screen.press("m")
    screen.wait_for("Menu", "Register")
    _choose(screen, "Register")
    screen.wait_for("3 copies", "each looked at now", "c Check all")
    screen.press("c")
    screen.wait_for(_CHECKED)
    _gone(screen, _CHECKED)
    story.snap(screen, "the register", "3 copies")
    _to_the_first_screen(screen)


def _lose_the_file(story: Story, screen: TmuxSession) -> None:
    (kept,) = _key_backups(story.vault)
    kept.unlink()
    story.at(18, 0)
    screen.press("F5")
    story.snap(screen, "at risk since now", "3 of 5", "2 at risk since 16:30")


def _find_it_corrupted(story: Story) -> None:
    (second,) = _key_backups(story.vault)
    data = bytearray(second.read_bytes())
    data[len(data) // 2] ^= 1
    second.write_bytes(data)
    story.at(18, 30)
    with story.app(story.a) as screen:
        story.snap(screen, "not intact", "3 of 5", "2 at risk")


def _move_to_a_new_machine(story: Story) -> None:
    story.b.mkdir(mode=0o700)
    (story.b / "cmdb.sqlite3").write_bytes((story.a / "cmdb.sqlite3").read_bytes())
    story.a.rename(story.a.with_name("x"))
    story.at(19, 0)


def _restore(story: Story, screen: TmuxSession) -> None:
    story.snap(screen, "a new machine", "5 credentials, and no keys")
    _choose(screen, "Restore from a")
    story.snap(screen, "which backup to restore", "which backup?", "Backup 4")
    _choose(screen, "Backup 2 of")
    screen.wait_for("what is in it")
    screen.press("Enter")
    screen.wait_for("Password of the backup")
    screen.write(PASSWORD)
    screen.press("Enter")
    story.snap(screen, "the plan", "3 of 5 credentials will open")
    screen.press("Enter")
    screen.wait_for("Is this the server key on your runbook?")
    screen.press("End")
    screen.press("Enter")
    screen.wait_for("Plain file")
    screen.press("Enter")
    story.snap(screen, "restored", "3 of 5 credentials opened, 2 did not")
    screen.press("Enter")
    screen.wait_for("/ Find")


def _see_what_came_back(story: Story, screen: TmuxSession) -> None:
    story.snap(screen, "some came back", "0 of 5", "3 drilled just now")
    _copy_the_rows(story, screen, story.safe)
    screen.press("Enter")
    story.snap(screen, "some are recoverable", "3 of 5")


def _to_the_list(screen: TmuxSession) -> None:
    screen.press("m")
    screen.wait_for("Menu")
    _choose(screen, "Re-entry")
    screen.wait_for("Re-entry")


def _re_enter(story: Story, screen: TmuxSession, number: int, name: str) -> None:
    screen.wait_for(" of 5", "/ Find")
    _to_the_list(screen)
    if number == 0:
        story.snap(screen, "exactly the others", "2 of 5 do not open here", "deploy-5", "holds its key")
    screen.wait_for(f"{len(NEW) - number} of 5 do not open here", name)
    screen.press("Enter")
    screen.wait_for("Edit", "Enter Save")
    screen.write(f"MARKED-{name}")
    screen.press("Enter")
    story.snap(screen, f"{name} is ticked off", f"{1 - number} left, 1 done")


def _back_up_again(story: Story, screen: TmuxSession) -> None:
    story.at(22, 0)
    _copy_the_rows(story, screen, story.safe)
    screen.press("Enter")
    story.snap(screen, "all recoverable", "5 of 5", "q Quit")


@contextmanager
def story_folder() -> Iterator[Path]:
    """A folder whose path is always as long, and so short that no screen has to cut it."""
    while True:
        root = Path("/tmp") / secrets.token_hex(2)
        with suppress(FileExistsError):
            root.mkdir(mode=0o700)
            break
    try:
        yield root
    finally:
        shutil.rmtree(root)


def kept_screens() -> dict[str, str]:
    """Those that were drawn, by their names."""
    return {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.txt"))}


def main() -> None:
    """Write every screen anew."""
    with story_folder() as root:
        story = Story(root, None)
        walk(story)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, text in story.drawn.items():
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

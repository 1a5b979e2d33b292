"""Between a submit and its answer no key acts, on any screen: Enter is held down, more is typed ahead."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

import nskeys_tui.dialogs
import nskeys_tui.screens
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.first_start import FirstStartScreen
from nskeys_tui.screens.navigation import SCREENS, open_screen
from nskeys_tui.screens.overview import OverviewScreen
from nskeys_tui.screens.proof import ProofScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.guarded import Guarded
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import IDENTITY_PASSWORD, PASSPHRASE, PASSWORD
from tests.tui.held_answers import HELD, HeldAnswers, is_awaited, nothing_acts, typed_at_once
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.screens.test_schedule import with_systemd

SECOND = "another password for the vault"
CSV = (
    '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\n'
    '"Root/Run as","export","CORP\\svc","a secret","finance-*","","","0","",""\n'
)


class Typed(str):
    """Words for the line that has the focus, not a key."""

    __slots__ = ()


@dataclass(frozen=True)
class Step:
    """Once `shows` is seen, `keys` are pressed; where `asks`, the last one asks for an answer."""

    shows: str
    keys: tuple[str, ...]
    asks: bool
    looks: int = 0
    """How many looks that lock nothing begin beside it."""


def leads(shows: str, *keys: str) -> Step:
    """Keys that only lead on."""
    return Step(shows, keys, asks=False)


def asks(shows: str, *keys: str, looks: int = 0) -> Step:
    """Keys of which the last one asks for something."""
    return Step(shows, keys, asks=True, looks=looks)


def twice(shows: str, password: str) -> Step:
    """A new password, and what becomes of it."""
    return asks(shows, Typed(password), "tab", Typed(password), "enter")


@dataclass(frozen=True)
class Story:
    """A screen, from where it is opened to what it ends with."""

    steps: tuple[Step, ...]
    ends: str
    opens: Callable[[Session, RealServer], Screen[None]] | None = None
    """None: the door of the story's name."""
    prepared: Callable[[RealServer], object] = field(default=lambda _: None)
    protector: str = "file"
    empty: bool = False
    begins: bool = True
    """Whether the screen asks for something as soon as it is opened."""


def backed_up(server: RealServer) -> None:
    server.back_up()


def detail(session: Session, server: RealServer) -> Screen[None]:
    return CredentialScreen(session, server.services.credentials.show("run-as/one").credential_id)


def at_the_start(session: Session, server: RealServer) -> Screen[None]:
    return OverviewScreen(session, server.services.protection.asks())


def under_a_passphrase(server: RealServer) -> None:
    """Backed up, so that its protector can be changed."""
    plan = server.services.backup.plan(server.vault)
    server.services.backup.execute(plan, _answers())


def two_beyond(server: RealServer) -> None:
    for _ in range(9):
        server.clock.advance(hours=1)
        server.back_up()


def _answers() -> Any:
    from nskeys.ports import Purpose
    from tests.fakes.fixed import Answers

    return Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD], Purpose.PASSPHRASE: [PASSPHRASE] * 2})


STORIES: Mapping[str, Story] = {
    "backup": Story(
        (
            asks("where to?", "enter"),
            twice("New password for the backup", PASSWORD),
            leads("this will be written", "p"),
            twice("New password for the backup", SECOND),
            leads("this will be written", "h"),
            asks("readable for anybody", Typed("the drawer"), "enter"),
            asks("the drawer", "enter"),
        ),
        "is complete.",
    ),
    "restore": Story(
        (
            asks("which backup?", "enter"),
            asks("what is in it", "enter"),
            asks("Password of the backup", Typed(PASSWORD), "enter"),
            asks("the plan", "enter"),
        ),
        "l lists every credential",
        prepared=backed_up,
    ),
    "drill": Story(
        (
            asks("which backup?", "enter"),
            asks("what is in it", "enter"),
            asks("Password of the backup", Typed(PASSWORD), "enter"),
        ),
        "l lists every credential",
        prepared=backed_up,
    ),
    "rotate": Story(
        (
            asks("Enter makes the key.", "enter"),
            leads("! A backup is due", "w"),
            asks("Yes, rotate without a backup", "down", "enter"),
        ),
        "were re-sealed under it",
        prepared=backed_up,
    ),
    "keys": Story((), "active", begins=False),
    "menu": Story((), "Runbook", begins=False),
    "register": Story(
        (
            asks("each looked at now", "c"),
            leads("each looked at now", "x"),
            asks("No, keep it", "down", "enter"),
        ),
        "no longer counts",
        prepared=backed_up,
        begins=False,
    ),
    "database": Story(
        (
            asks("what decides was looked at", "c"),
            leads("what decides was looked at", "n"),
            asks("a key backup opens it", "down", "enter"),
        ),
        "is complete",
        prepared=backed_up,
        begins=False,
    ),
    "prune": Story(
        (
            leads("key backups are to be deleted", "enter"),
            asks("nothing brings it back", "down", "enter"),
        ),
        "old key backups deleted.",
        prepared=two_beyond,
    ),
    "destinations": Story(
        (
            asks("each tried now", "t"),
            leads("works", "enter"),
            leads("each tried now", "e"),
            asks("Carried away", Typed(" and back"), "enter"),
        ),
        "and back",
        begins=False,
    ),
    "schedule": Story(
        (leads("not in force", "i"), asks("Yes, install it", "down", "enter")),
        "The schedule is in force.",
        prepared=with_systemd,
    ),
    "audit": Story((asks("newest first", "v"),), "signed", begins=False),
    "identity": Story(
        (
            asks("Enter makes one", "enter"),
            asks("This makes recovery identity 1.", "enter"),
            twice("New password for recovery identity 1", IDENTITY_PASSWORD),
        ),
        "b makes the first backup",
    ),
    "custodians": Story(
        (
            leads("n makes new sheets.", "n"),
            asks("any 3 open", "enter"),
            leads("Nothing is made yet.", "enter"),
            asks("Files to print", "enter"),
        ),
        "Enter shows the sheet",
    ),
    "protection": Story(
        (
            asks("c binds them", "c"),
            leads("▸ Another passphrase", "enter"),
            asks("To another passphrase", "enter"),
            asks("Passphrase of the key store", Typed(PASSPHRASE), "enter"),
            twice("New passphrase for the key store", SECOND),
        ),
        "still open with the earlier",
        prepared=under_a_passphrase,
        protector="passphrase",
    ),
    "verify": Story((), "credential by credential"),
    "re_entry": Story((), "every credential opens"),
    "runbook": Story((), "s Save"),
    "import": Story(
        (
            leads("which export?", "down", "enter"),
            asks("File", Typed("{export}"), "enter"),
            asks("the preview", "enter"),
        ),
        "1 credential was imported.",
        begins=False,
    ),
    "export": Story(
        (
            leads("▸ Whoever knows a password", "enter"),
            asks("A new file", "ctrl+u", Typed("{list}"), "enter"),
            twice("New password for the export", PASSWORD),
        ),
        "2 credentials are in",
        begins=False,
    ),
    "OverviewScreen": Story(
        (asks("Passphrase of the key store", Typed(PASSPHRASE), "enter"),),
        "If this server died now",
        at_the_start,
        protector="passphrase",
        begins=False,
    ),
    "CredentialScreen": Story(
        (asks("e Edit", "s"), leads("Hide secret", "x"), asks("No, keep it", "down", "enter", looks=1)),
        "",
        detail,
        begins=False,
    ),
    "CredentialFormScreen": Story(
        (
            leads("Enter Choose", "enter"),
            asks(
                "Enter Save", Typed("three"), "tab", Typed("https://ns03.example.net"),
                "tab", Typed("LAB\\svc"), "tab", Typed("secret"), "enter",
            ),
        ),
        "",
        lambda session, _: CredentialFormScreen(session, None),
        begins=False,
    ),
    "ProofScreen": Story(
        (leads("credential by credential", "s"), asks("File", "ctrl+u", Typed("{list}"), "enter")),
        "The list is in",
        lambda session, server: ProofScreen(session, server.services.verify.execute(_answers())),
        prepared=lambda server: server.forge_credential(
            server.services.credentials.show("run-as/one").credential_id, target="forged"
        ),
        begins=False,
    ),
    "FirstStartScreen": Story(
        (
            leads("▸ New installation", "enter"),
            asks("▸ Plain file", "enter"),
        ),
        "is set up",
        lambda session, server: FirstStartScreen(session, server.services.set_up.look()),
        empty=True,
        begins=False,
    ),
}  # fmt: skip
"""By the doors of the app, then by the screens that other screens open."""

WITH_ANOTHER = {
    "NewInstallationScreen": "FirstStartScreen",
    "CheckpointScreen": "audit",
    "CopyScreen": "register",
    "KeyScreen": "keys",
    "DiaryScreen": "register",
    "FileBrowser": "import",
    "ColumnsScreen": "import",
    "LongWork": "backup",
    "NewPassword": "backup",
}
"""Screens that ask for something and come up in the story of another; or only look."""


def screens_that_ask() -> set[str]:
    """Every screen with a worker of its own, or with one that it inherits."""
    found = set()
    for package in (nskeys_tui.screens, nskeys_tui.dialogs):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, kind in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
                if issubclass(kind, Guarded) and kind.__module__ == info.name:
                    sources = [
                        inspect.getsource(base)
                        for base in kind.__mro__
                        if base.__module__ != "builtins" and "nskeys" in base.__module__
                    ]
                    if any("@work" in source or "run_worker" in source for source in sources):
                        found.add(name)
    return found


def test_every_screen_that_asks_for_something_has_a_story() -> None:
    """A new one is told here, or its keys act while it waits and nobody sees it."""
    of_doors = {screen for name, (_, screen) in SCREENS.items() if name in STORIES}
    bases = {"FlowScreen", "BackupSourceScreen", "CopiesList"}
    assert screens_that_ask() - of_doors - set(STORIES) - set(WITH_ANOTHER) - bases == set()
    assert {name for name, (_, screen) in SCREENS.items() if screen not in STORIES} <= set(STORIES)


def test_every_screen_is_one_that_locks_itself() -> None:
    for package in (nskeys_tui.screens, nskeys_tui.dialogs):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for _, kind in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
                if issubclass(kind, Screen) and kind.__module__ == info.name:
                    assert issubclass(kind, Guarded), kind


def set_up(folder: Path, story: Story) -> RealServer:
    if story.empty:
        return RealSite(folder).server()
    if story.protector == "file":
        server = server_in(folder, "one", "two")
    else:
        server = server_in(folder, protector=story.protector)
    story.prepared(server)
    return server


@pytest.mark.parametrize("name", STORIES)
async def test_enter_held_down_and_what_is_typed_ahead_do_nothing_before_the_answer(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = STORIES[name]
    server = set_up(tmp_path, story)
    (tmp_path / "export.csv").write_text(CSV)
    answers = HeldAnswers(monkeypatch)
    make = story.opens or (lambda session, _: open_screen(name, session))
    stage = OnScreen(server, lambda session: make(session, server))
    words = {"export": tmp_path / "export.csv", "list": tmp_path / "list.txt"}
    if story.begins:
        answers.hold()
    async with stage.play() as pilot:
        if story.begins:
            await is_awaited(pilot, stage.app, answers, 0)
            await nothing_acts(pilot, stage.app, answers)
            answers.let_go()
        for step in story.steps:
            await stage.wait(pilot, step.shows)
            await take(pilot, stage, answers, step, words)
        if story.ends:
            await stage.wait(pilot, story.ends)
        else:
            await stage.left(pilot)


async def take(
    pilot: Pilot[Any], stage: OnScreen, answers: HeldAnswers, step: Step, words: Mapping[str, object]
) -> None:
    *before, last = step.keys
    for key in before:
        if isinstance(key, Typed):
            await stage.type(pilot, key.format(**words))
        else:
            await pilot.press(key)
    if not step.asks:
        await pilot.press(last)
        return
    asked = answers.asked
    answers.hold()
    typed_at_once(stage.app, last, *HELD)  # one reading of the terminal brings them together
    await is_awaited(pilot, stage.app, answers, asked + step.looks)
    assert answers.asked == asked + step.looks + 1
    await nothing_acts(pilot, stage.app, answers)
    answers.let_go()

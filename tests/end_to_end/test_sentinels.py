"""Thirty hostile texts in every field that comes from outside: none reaches the terminal as it is, by any
command and on any screen."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from textual.screen import Screen

from nskeys.bootstrap import Services
from nskeys.model.audit import Actor
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.diary_json import to_text
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, Settings
from nskeys_tui.screens.navigation import open_screen
from tests.fakes.backups import an_entry
from tests.fakes.command_line import Machine, connect_cheaply
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.sentinels import SENTINELS, obeyed
from tests.tui.app_on import AppOn
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until

PASSWORD = "seven apples"
SCREENS = ("backup", "restore", "drill", "rotate", "keys", "menu", "register", "destinations", "audit")
MORE_SCREENS = ("protection", "verify", "re_entry", "runbook", "import")


def planted(machine: Machine) -> str:
    """A server with each of them in a name, a target, an account, a note, a secret, a destination, the
    register, the audit trail and a file's name: the address of its backup."""
    services = connect_cheaply(str(machine.home), None)
    services.set_up.execute("file", NobodyToAsk(), Settings("ns01.example.net", ""))
    for number, text in enumerate(SENTINELS):
        fields = check_fields(
            CredentialKind.RUN_AS, f"n{number} {text}", text, text.replace("\\", "/"), f"{text}\n{text}"
        )
        with SecretBytes.from_text(text) as secret:
            services.credentials.add(fields, secret, NobodyToAsk())
    hostile = machine.folder / f"vault {''.join(SENTINELS[:5]).replace('/', '')}"
    hostile.mkdir()
    services.destinations.add(str(hostile), f"tape {SENTINELS[18]}")
    plan = services.backup.plan(str(hostile), "a hint")
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})
    address = services.backup.execute(plan, answers).copy.address
    services.close()
    return address


def forged(home: Path) -> None:
    """Whoever can write to the database writes them where nskeys would not."""
    with closing(sqlite3.connect(home / "cmdb.sqlite3")) as database, database:
        ids = [row[0] for row in database.execute("SELECT id FROM credentials ORDER BY id")]
        for place, text in zip(ids[:10], SENTINELS, strict=False):
            database.execute("UPDATE credentials SET name = ? WHERE id = ?", (f"{text}\n\x1b[H", place))
        for number, text in enumerate(SENTINELS, 100):
            row = (number, text, text, text, b"no signature")
            database.execute("INSERT INTO register VALUES (?, ?, ?, ?, ?)", row)
        for number, text in enumerate(SENTINELS, 100):
            # A line that can be understood, and that nobody vouches for.
            entry = replace(
                an_entry(), host=text, address=text, actor=Actor(0, text, text), failures=(text,), missing=2
            )
            line = (number, to_text(entry), b"no signature")
            database.execute("INSERT INTO drills VALUES (?, ?, ?)", line)


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    (tmp_path / "machines").mkdir()
    return Machine(tmp_path / "machines", capsys)


def commands(machine: Machine, address: str) -> list[list[str]]:
    """Every command that shows something, and errors that name what was typed."""
    password = ["--password-file", machine.password]
    machine.file("password", PASSWORD)
    copy = machine.folder / f"copy {SENTINELS[1]}{SENTINELS[18]}.zip"
    shutil.copy(address, copy)
    told = [[*word.split()] for word in (
        "status", "status --nagios", "status --prometheus", "key list", "credential list", "verify",
        "destination list", "register list", "register check", "register diary", "prune --plan",
        "registry", "runbook", "re-entry", "protector show", "audit", "audit --verify", "key rotate",
    )]  # fmt: skip
    files = [["inspect"], ["drill", *password], ["restore", "--plan", *password]]
    named = [[*words, str(path)] for words in files for path in (address, copy)]
    hostile = [
        "inspect",
        "key show",
        "credential show",
        "destination test",
        "register retire",
        "init",
    ]
    wrong = [[*word.split(), text] for word in hostile for text in SENTINELS[:12]]
    shown = [["credential", "show", f"run-as/n{number} {text}"] for number, text in enumerate(SENTINELS)]
    return [*told, *named, *shown, *([*show, "--reveal"] for show in shown), *wrong]


def test_by_command(machine: Machine) -> None:
    address = planted(machine)
    assert "\\x1b" in machine.run("credential", "list").out, "shown as an escape, not left out"
    _none_reaches_the_terminal(machine, commands(machine, address))
    forged(machine.home)
    _none_reaches_the_terminal(machine, commands(machine, address)[:60])


def _none_reaches_the_terminal(machine: Machine, argvs: list[list[str]]) -> None:
    for argv in argvs:
        ran = machine.run(*argv)
        assert ran.code != 70, (argv, ran.err)
        assert obeyed(ran.err) == set(), argv
        assert obeyed(ran.out) == set(), argv
        if "--help" not in argv:
            assert obeyed(machine.run(*argv, "--json").out) == set(), argv


@pytest.fixture
def services(machine: Machine) -> Services:
    """The same server, as the app sees it."""
    planted(machine)
    forged(machine.home)
    return connect_cheaply(str(machine.home), None)


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_on_every_screen(services: Services, size: tuple[int, int]) -> None:
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as", "\\x1b")  # as an escape that is shown, not obeyed
        _is_clean(app)
        for key in ("s", "right", "end", "pageup", "enter"):
            await pilot.press(key)
            await pilot.pause()
            _is_clean(app)
        await pilot.press("escape")
        session = app.session
        assert session is not None
        for name in (*SCREENS, *MORE_SCREENS):
            first: Screen[object] = app.app.screen
            await app.app.push_screen(open_screen(name, session))
            await until(pilot, lambda before=first: app.app.screen is not before)  # type: ignore[misc]  # a default argument's type is not inferred
            for key in ("", "down", "end", "pagedown"):
                if key:
                    await pilot.press(key)
                await pilot.pause(0.05)
                _is_clean(app)
            while app.app.screen is not first:
                app.app.pop_screen()
                await pilot.pause()


def _is_clean(app: AppOn) -> None:
    for line in app.lines:
        assert obeyed(line) == set(), line

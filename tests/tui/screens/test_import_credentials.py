"""Import: the preview, and all of it or nothing."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.model.credentials import CredentialKind
from nskeys.model.schedule import Job, TimerStatus
from nskeys.services.credentials import importer
from nskeys.services.credentials.import_plan import PreparedImport
from nskeys_tui.screens.import_credentials import ImportScreen
from nskeys_tui.widgets.table.table import CredentialTable
from tests.fakes.fixed import AFTERNOON
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import until

HEADER = '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\n'
GOOD = (
    '"Root/Run as","deploy","CORP\\svc1","first secret","orders-*","","","0","",""\n'
    '"Root/Run as","deploy","CORP\\svc2","second secret","sales-*","","","0","",""\n'
    '"Root/PCA hosts","till","caller","third secret","https://till.example.net:5631","","","0","",""\n'
)
BAD = '"Root/Web","wiki","admin","fourth secret","https://wiki.example.net","","otp","0","",""\n'


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """One credential, whose name an export has too."""
    return server_in(tmp_path, "deploy")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Three entries that can be taken."""
    path = tmp_path / "export.csv"
    path.write_text(HEADER + GOOD)
    return path


async def to_plan(stage: OnScreen, pilot: Pilot[Any], export: Path, *shows: str) -> None:
    await stage.wait(pilot, "which export?", "KeePassXC's CSV")
    await stage.press(pilot, "down", "enter", until="File")
    await stage.type(pilot, str(export))
    await stage.press(pilot, "enter", until=shows or ("the preview",))


def names(server: RealServer) -> set[str]:
    with server.installation.cmdb.reading() as view:
        return {f"{kind}/{name}" for kind, name in view.names()}


@pytest.mark.parametrize("size", SIZES)
async def test_the_plan_says_what_becomes_what_and_why(
    server: RealServer, export: Path, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "KeePassXC CSV: 3 entries. New 3, changed 0, present 0.")
        await stage.wait(pilot, "Kinds by a word in group or folder: pcAnywhere 1, run-as 2.")
        await stage.wait(pilot, "2 names taken already, so changed")
        await stage.wait(pilot, 'was deploy; "run as" in Root/Run as', "orders-*", "CORP\\svc1")
        await stage.press(pilot, "end", until=('"pca" in Root/PCA hosts', "till.example.net:5631"))
        assert names(server) == {"run-as/deploy"}
        await stage.press(
            pilot,
            "enter",
            until=("3 credentials were imported.", "! The dropped fields are only in"),
        )
        await stage.wait(pilot, "was deploy", "b Back up")
        await stage.press(pilot, "b", until="where to?")
        await stage.press(pilot, "escape", until="3 credentials were imported.")
        await pilot.press("enter")
        await stage.left(pilot)
    assert names(server) == {
        "run-as/deploy",
        "run-as/Root/Run as/deploy",
        "run-as/Root/Run as/deploy (2)",
        "pcanywhere/till",
    }


@pytest.mark.parametrize("size", SIZES)
async def test_one_bad_row_stops_the_import_until_it_is_left_out(
    server: RealServer, export: Path, size: tuple[int, int]
) -> None:
    export.write_text(HEADER + GOOD + BAD)
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "4 entries, of which 1 cannot be taken.")
        await stage.wait(pilot, "So nothing is imported. s takes the rest", "Problem the kind is not known")
        assert "Import" not in stage.lines[-1]
        await stage.press(pilot, "enter")
        assert names(server) == {"run-as/deploy"}
        await stage.press(pilot, "s", until="1 row left out, the rest is taken.")
        await stage.press(pilot, "s", until="So nothing is imported.")
        await stage.press(pilot, "s", until="Enter Import")
        await stage.press(pilot, "enter", until=("3 credentials were imported.", "wiki"))
    assert "wiki" not in str(names(server))


async def test_one_kind_can_be_chosen_for_every_row(server: RealServer, export: Path) -> None:
    export.write_text(HEADER + BAD)
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "There is nothing in it that can be taken.")
        await stage.press(pilot, "c", until="▸ Each as its group or folder says")
        await stage.press(pilot, "r", "enter", until=("Kind chosen for all: run-as 1.", "Enter Import"))
        await stage.press(pilot, "c", "enter", until="There is nothing in it that can be taken.")
        await stage.press(pilot, "c", "r", "enter", until="Enter Import")
        await stage.press(pilot, "enter", until="1 credential was imported.")
    credential = server.services.credentials.show("run-as/wiki")
    assert credential.fields.kind is CredentialKind.RUN_AS


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_left_out_is_said_and_taken_only_when_asked_for(
    server: RealServer, export: Path, size: tuple[int, int]
) -> None:
    deleted = '"Root/Papierkorb/Run as","gone","CORP\\svc","fifth secret","x","","","0","",""\n'
    export.write_text(HEADER + GOOD + deleted, encoding="utf-8")
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "4 entries. New 3, changed 0, present 0.")
        await stage.wait(
            pilot, "Left out: 1 row looks deleted. l takes such rows.", "has the name of a recycle bin"
        )
        await stage.press(pilot, "l", until="▸ Take rows that look deleted")
        await stage.press(pilot, "enter", until="New 4, changed 0, present 0.")
        await stage.press(pilot, "l", until="▸ Leave out rows that look deleted")
        await stage.press(pilot, "enter", until="Left out: 1 row looks deleted.")
        await stage.press(
            pilot, "enter", until=("3 credentials were imported.", "1 row of the export is only")
        )
    assert "gone" not in str(names(server))


# --- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 zip", "is a ZIP archive"),
        (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", "is a damaged KDBX"),
        (b"a,b\n1,2\n", "is not an export that nskeys reads"),
    ],
)
async def test_what_is_no_export_is_told_and_another_can_be_named(
    server: RealServer, export: Path, content: bytes, said: str
) -> None:
    export.write_bytes(content)
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, said)
        await stage.press(pilot, "enter", until="which export?")


async def test_a_file_that_is_gone_or_a_folder_is_told(
    server: RealServer, export: Path, tmp_path: Path
) -> None:
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, tmp_path / "nothing.csv", "there is no such file.")
        await pilot.press("ctrl+u")
        await stage.type(pilot, str(tmp_path))
        await stage.press(pilot, "enter", until="is a folder without '.gpg-id'")
        await stage.press(pilot, "enter", until="which export?")


async def test_a_file_gone_between_two_plans_leaves_the_plan_that_is_seen(
    server: RealServer, export: Path
) -> None:
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "3 entries.")
        export.unlink()
        await stage.press(pilot, "c", until="▸ Each as its group")
        await stage.press(pilot, "enter", until="there is no such file.")
        await stage.press(pilot, "enter", until="the preview")
        await stage.press(pilot, "enter", until="3 credentials were imported.")


async def test_names_that_were_taken_meanwhile_make_a_new_plan(server: RealServer, export: Path) -> None:
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "3 entries.")
        server.add("till")
        await stage.press(pilot, "enter", until="Something changed since the import was planned")
        await stage.press(pilot, "enter", until="the preview")
        await stage.press(pilot, "enter", until="3 credentials were imported.")


# --- leaving -------------------------------------------------------------------------------------------


async def test_every_secret_is_forgotten_when_the_plan_or_the_screen_is_left(
    server: RealServer, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[PreparedImport] = []
    plan = server.services.imports.plan

    def remembered(*given: Any) -> PreparedImport:
        made.append(plan(*given))
        return made[-1]

    monkeypatch.setattr(type(server.services.imports), "plan", lambda _, *given: remembered(*given))
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "3 entries.")
        assert made[0]._secrets
        await stage.press(pilot, "c", "enter", until="the preview")
        await until(pilot, lambda: len(made) == 2 and not made[0]._secrets)
        assert made[1]._secrets
        await stage.press(pilot, "escape", until="which export?")
        assert not made[1]._secrets
        await stage.press(pilot, "end", "enter", until="File")
        await stage.press(pilot, "enter", until="the preview")
        assert made[2]._secrets
    assert not made[2]._secrets
    assert names(server) == {"run-as/deploy"}


async def test_an_import_that_is_stopped_leaves_nothing_and_can_be_done_again(
    server: RealServer, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    seal = importer._sealed

    def slow(*given: Any) -> Any:
        reached.set()
        assert go_on.wait(10)
        return seal(*given)

    monkeypatch.setattr(importer, "_sealed", slow)
    monkeypatch.setattr(importer, "_BATCH", 1)
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "3 entries.")
        await pilot.press("enter")
        await until(pilot, reached.is_set)
        await stage.press(pilot, "escape", until="Stopping at the next safe place")
        go_on.set()
        await stage.wait(pilot, "the preview")
        assert names(server) == {"run-as/deploy"}
        await stage.press(pilot, "enter", until="3 credentials were imported.")


async def test_hostile_titles_never_reach_the_terminal_as_commands(
    server: RealServer, export: Path
) -> None:
    title = "\x1b]0;evil\x07[/]\u202e"
    export.write_text(
        HEADER + f'"Root/Run as","{title}","CORP\\svc","s","t","","","0","",""\n', encoding="utf-8"
    )
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "1 entry")
        await until(pilot, lambda: "evil" in stage.words)
        assert not set("".join(stage.lines)) & set("\x1b\x07\u202e")


async def test_esc_at_the_choice_leaves(server: RealServer) -> None:
    before = server.everything()
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "enter", until="Name")
        await stage.press(pilot, "escape", until="which export?")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


async def test_what_the_plans_table_still_tells_is_not_taken_for_the_reports(
    server: RealServer, export: Path
) -> None:
    """The cursor's row is told with a pause; by then another table may stand there, with fewer rows."""
    export.write_text(HEADER + GOOD, encoding="utf-8")
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export, "New 3")
        plans = stage.app.screen.query_one(CredentialTable)
        await stage.press(pilot, "enter", until="3 credentials were imported.")
        stage.app.screen.post_message(CredentialTable.RowHighlighted(plans, "2"))
        await pilot.pause()
        await stage.wait(pilot, "3 credentials were imported.")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A tree of `pass` with one secret, in a folder whose name begins with a dot, as it has."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    words = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "till@example.net"]
    subprocess.run([*words, "default", "default", "0"], check=True, capture_output=True)
    tree = tmp_path / "person" / ".password-store"
    (tree / "Run-as").mkdir(parents=True)
    (tree / ".gpg-id").write_text("till@example.net\n")
    encrypt = ["gpg", "--batch", "--trust-model", "always", "-e", "-r", "till@example.net", "-o"]
    secret = b"s 7\nlogin: LAB\\svc\n"
    subprocess.run([*encrypt, str(tree / "Run-as" / "till.gpg")], input=secret, check=True)
    yield tree
    subprocess.run(["gpgconf", "--kill", "all"], check=False)


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
@pytest.mark.parametrize("size", SIZES)
async def test_a_tree_of_pass_is_found_by_browsing_and_taken_like_a_file(
    server: RealServer, tree: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tree.parent)  # where nskeys was started
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "enter", until="Take this folder")
        await stage.press(pilot, "ctrl+a", until=".password-store/")
        await stage.press(pilot, "down", "enter", until="Run-as/")
        await stage.press(pilot, "ctrl+s", until="New 1, changed 0, present 0.")
        await stage.press(pilot, "enter", until="1 credential")
    assert "run-as/till" in names(server)


async def test_when_it_is_done_it_is_said_when_the_timer_covers_it(
    server: RealServer, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timer = TimerStatus(Job.COPY, enabled=True, active=True, next=AFTERNOON)
    monkeypatch.setattr(type(server.services.schedule), "next_copy", lambda _: timer)
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await to_plan(stage, pilot, export)
        await stage.press(pilot, "enter", until="3 credentials were imported.")
        await stage.wait(pilot, "The next database copy, at 2026-11-23 14:02,", "b makes it now.")

"""Every widget and dialog on made-up data, to be looked at: `python -m tests.tui.demo [ROWS]`.

It is the app itself with a screen of its own, so that tests measure what is shipped.
"""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen

from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, Purpose, SecretProvider, SecretRequest, Stage
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.dialogs.file_browser import FileBrowser
from nskeys_tui.dialogs.long_work import LongWork
from nskeys_tui.dialogs.questions import ConfirmDialog, MessageDialog
from nskeys_tui.dialogs.secret import AskPassword, NewPassword
from nskeys_tui.screens.startup_error import StartupErrorScreen
from nskeys_tui.widgets.answer_block import RecoverBar
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.form_field import FormField
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.strength_line import Strength
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable

COLUMNS = (
    Column("Kind", 10, 10, sort="kind"),
    Column("Name", 14, weight=3, sort="name"),
    Column("Target", 14, weight=4, sort="target"),
    Column("Account", 15, weight=3, essential=False, sort="account"),
    Column("State", 11, 11, styled=True),
    Column("", 1, 1, styled=True),
)


class MadeUpRows:
    """As many credentials as wanted, made when they are asked for."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.asked: list[tuple[int, int]] = []

    def total(self) -> int:
        """How many."""
        return self._total

    def window(self, first: int, count: int) -> Sequence[Row]:
        """These."""
        self.asked.append((first, count))
        return [self.row(number) for number in range(first, min(first + count, self._total))]

    @staticmethod
    def row(number: int) -> Row:
        """Every fifth is at risk."""
        risk = number % 5 == 0
        state = ("at risk", "!") if risk else ("recoverable", "")
        texts = ("run-as", f"deploy-{number}", f"finance-{number}-*", "CORP\\svc-deploy")
        return Row(str(number), (*texts, *state), "warning" if risk else "")


def judge(secret: SecretBytes) -> Strength:
    """By length alone."""
    return Strength(min(4, len(secret) // 4), f"{len(secret)} characters")


def generate() -> SecretBytes:
    """Always the same."""
    return SecretBytes(b"k7mwp-x2n5r-qgt4v-hdc8z-wpy3f")


def asks(request: SecretRequest, retry: int) -> ModalScreen[SecretBytes | None]:
    """The dialog for a secret that long work needs."""
    refused = "That password does not open this backup." if retry else ""
    return AskPassword("Password", "Password of the backup", help="Hint: the usual one", refused=refused)


def long_work(progress: Progress, secrets: SecretProvider) -> str:
    """A second or so for each of four stages."""
    progress.stage(Stage.LOOKING)
    with secrets(SecretRequest(Purpose.BACKUP_PASSWORD), 0) as secret:
        length = len(secret)
    for stage in (Stage.ENCRYPTING, Stage.WRITING, Stage.PROVING):
        progress.stage(stage, 4_000)
        for _ in range(40):
            progress.checkpoint()
            time.sleep(0.05)
            progress.advance(100)
    return f"{length} characters"


class Overview(Screen[None]):
    """A screen with a table, and a key for each dialog."""

    HELP = "Every widget and dialog, on made-up data."
    AUTO_FOCUS = "CredentialTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "confirm", "Confirm", tooltip="Ask a plain question"),
        Binding("n", "notice", "Notice"),
        Binding("a", "ask", "Ask"),
        Binding("p", "new", "Password"),
        Binding("w", "work", "Work"),
        Binding("f", "browse", "Files"),
        Binding("g", "form", "Form"),
    ]

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        """The first screen, nearly."""
        yield TitleBar("ns01.example.net", "CMDB SQLite · keys in TPM 2.0")
        yield Rule()
        yield RecoverBar(12, 14)
        yield Rule("Credentials", "all 14 · hierarchy 3 · pcAnywhere 5 · run-as 6")
        yield CredentialTable(COLUMNS, MadeUpRows(self._rows), empty="No credentials here yet")
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Sorted by name."""
        self.query_one(CredentialTable).mark_sort("name", descending=False)

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        self.app.push_screen(MessageDialog("Chosen", f"Row {message.key} was chosen."))

    def _tell(self, answer: object) -> None:
        self.app.push_screen(MessageDialog("Answer", repr(answer)))

    def action_confirm(self) -> None:
        """A question."""
        question = "Go on without the keys? 14 credentials will be lost for good.", "This cannot be undone."
        self.app.push_screen(
            ConfirmDialog("Accept the loss", *question, yes="Yes, accept the loss of 14", no="No, go back"),
            self._tell,
        )

    def action_notice(self) -> None:
        """A message."""
        self.app.push_screen(
            MessageDialog(
                "Backup damaged",
                "ns01-7f3a91c2-20261122T140200Z.zip is not what was written: keys.kms differs.",
                "Use another copy of this backup; the register names them.",
            )
        )

    def action_ask(self) -> None:
        """An existing password."""
        self.app.push_screen(asks(SecretRequest(Purpose.BACKUP_PASSWORD), 1), self._tell)

    def action_new(self) -> None:
        """A new password."""
        self.app.push_screen(
            NewPassword(
                "Password for this backup",
                "Only this password opens the backup. It is stored nowhere.",
                assess=judge,
                generate=generate,
            ),
            self._tell,
        )

    def action_work(self) -> None:
        """Long work."""
        stages = (Stage.LOOKING, Stage.ENCRYPTING, Stage.WRITING, Stage.PROVING)
        self.app.push_screen(LongWork("Backing up", long_work, asks, stages), self._tell)

    def action_browse(self) -> None:
        """A file."""
        self.app.push_screen(
            FileBrowser("Choose a backup", Path.cwd(), wanted=lambda name: True), self._tell
        )

    def action_form(self) -> None:
        """A form."""
        self.app.push_screen(Form())


class Form(Screen[None]):
    """Fields and choices."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back"),
        Binding("enter", "check", "Save"),
    ]
    CSS = "Form ChoiceList { margin: 1 1; } Form FormField { margin: 0 1; }"

    def compose(self) -> ComposeResult:
        """Three fields and three choices."""
        yield TitleBar("Add a credential")
        yield Rule()
        yield FormField("Name", help="any name, used once per kind", id="name")
        yield FormField("Target", "https://ns02", help="URL of the other server, https://ns02.example.net")
        yield FormField("Secret", help="the password; sealed, never listed", password=True)
        yield ChoiceList(
            [
                Choice("here", "/var/lib/nskeys/backups", "here: lost with its disk"),
                Choice("there", "sftp://vault02/backups", "elsewhere: another server"),
                Choice("browse", "Browse ...", ""),
            ]
        )
        yield Rule()
        yield KeyBar()

    def action_check(self) -> None:
        """Complain about the name."""
        self.query_one("#name", FormField).problem = "A name is missing; type one."


def opening(rows: int, connect: Callable[[], int] | None = None) -> Opening[int]:
    """The app on this screen."""
    return Opening(connect or partial(int, rows), Overview, StartupErrorScreen)


if __name__ == "__main__":
    NskeysApp(opening(int(sys.argv[1]) if len(sys.argv) > 1 else 14)).run(mouse=False)

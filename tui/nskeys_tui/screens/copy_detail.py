"""One copy of a backup: where it is, how far it was proven and when, and why it counts or not."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from nskeys.model.register import BackupCopy
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import backup_name
from nskeys_tui.presenters.register import copy_rows
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.retire_copy import retire_copy
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.frame import TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.rule import Rule


class CopyScreen(Guarded[None]):
    """As it was when the register was last looked at; what is done to it leads back there."""

    HELP = (
        "recorded: the register names it. present: the file is there. intact: it is the file that was "
        "written. opened: its password opened it. keys match: its keys are the right ones. credentials "
        "open: they opened rows of the CMDB."
    )
    AUTO_FOCUS = "VerticalScroll"
    DEFAULT_CSS = """
    CopyScreen VerticalScroll { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "drill", "Drill", tooltip="Prove this copy, without restoring it"),
        Binding("r", "restore", "Restore", tooltip="Restore keys from this copy"),
        Binding("x", "retire", "Retire", tooltip="Let this copy count no more; its file stays"),
        Binding("escape", "dismiss", "Back", tooltip="Back to the register"),
    ]

    def __init__(self, session: Session, copy: BackupCopy, overview: Overview) -> None:
        super().__init__()
        self._session, self._copy, self._overview = session, copy, overview

    def compose(self) -> ComposeResult:
        """The facts."""
        yield TitleBar("Register")
        yield Rule(backup_name(self._copy))
        with VerticalScroll():
            yield Facts(copy_rows(self._copy, self._overview))
        yield Rule()
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What was retired is."""
        return (
            self._copy.retired is None if action == "retire" else super().check_action(action, parameters)
        )

    def action_drill(self) -> None:
        """Prove it; what comes of it is seen in the register."""
        self.app.switch_screen(DrillScreen(self._session, self._copy.address))

    def action_restore(self) -> None:
        """Restore from it."""
        self.app.switch_screen(RestoreScreen(self._session, self._copy.address))

    @work(exclusive=True)
    async def action_retire(self) -> None:
        """Let it go, once that was confirmed."""
        if await retire_copy(self, self._session, self._copy):
            self.dismiss()

"""A new installation: its name, its CMDB, its protector, and what it replaces."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, TypeAlias

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.bootstrap import protectors
from nskeys.errors import LossCountWrong, NskeysError
from nskeys.ports import Settings
from nskeys.reasons import ProtectorProblem
from nskeys.services.flows.first_start import FirstStart, FirstStep
from nskeys.wording.first_start import (
    NAME_MISSING,
    NEW_CMDB_HELP,
    NEW_INSTALLATION,
    PROTECTOR_QUESTION,
    SERVER_HELP,
    count_help,
    count_question,
    count_refused,
    go_on_without,
    protector_choice,
    protector_unavailable,
)
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.form_field import FormField
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import LOOKS, Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

Protectors: TypeAlias = Sequence[tuple[str, bool, ProtectorProblem | None]]
"""As `bootstrap.protectors` names them."""


class NewInstallationScreen(Guarded[FirstStart | None]):
    """Returns the flow after something was made, or where the CMDB that was named holds credentials; else
    None."""

    HELP = (
        "The CMDB is the database with the credentials. The protector decides who can use the keys that "
        "are stored on this machine; it can be changed later. Tab goes from field to field, Enter sets up."
    )
    DEFAULT_CSS = """
    NewInstallationScreen {
        & Room { padding: 0 1; }
        & .new-installation--words { height: auto; margin: 0 0 1 0; }
        & .new-installation--question { height: auto; margin: 1 0 0 0; }
        & #unavailable { height: auto; padding-left: 2; text-style: dim; }
    }
    """
    ESC_LEAVES = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "set_up", "Set up", priority=True, tooltip="Make the first key in this way"),
        Binding("tab", "app.focus_next", "Next field", tooltip="Go to the next field"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("escape", "leave", "Back", tooltip="Back without doing anything"),
    ]

    def __init__(self, session: Session, flow: FirstStart) -> None:
        super().__init__()
        self._session = session
        self._flow = flow
        self._settings = Settings("", "")
        self._ready = False

    def compose(self) -> ComposeResult:
        """Return the fields, then the protectors."""
        waiting = self._flow.accept_loss
        yield TitleBar(NEW_INSTALLATION[0] if waiting is None else go_on_without(waiting)[0])
        yield Rule()
        with Room():
            if waiting is not None:
                yield Static(Content(f"! {count_question(waiting)}"), classes="new-installation--words")
                yield FormField("Credentials", help=count_help(waiting), id="count")
            yield FormField("Server name", help=SERVER_HELP, id="server")
            if self._flow.status.cmdb_id is None:
                yield FormField("CMDB", help=NEW_CMDB_HELP, id="cmdb")
            yield Static(Content(PROTECTOR_QUESTION), classes="new-installation--question")
            yield ChoiceList(())
            yield Static(id="unavailable")
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Fill in the configured values; find out which protectors work here."""
        self._read()

    @work(group=LOOKS)
    async def _read(self) -> None:
        found = await self._session.quickly(self._look)
        if isinstance(found, NskeysError):
            self.dismiss(None)
            show_error(self.app, NEW_INSTALLATION[0], found)
        else:
            self._offer(*found)

    def _look(self) -> tuple[Settings, Protectors]:
        """Look in a thread: proving that a TPM works takes some tenths of a second."""
        return self._session.services.about.settings(), protectors()

    def _offer(self, settings: Settings, known: Protectors) -> None:
        self._settings = settings
        server = self._flow.status.server or settings.server_name
        for name, value in (("#server", server), ("#cmdb", settings.cmdb)):
            for field in self.query(name).results(FormField):
                if not field.value:
                    field.value = value
                    field.input.select_all()  # what is typed takes its place
        usable = [(name, *protector_choice(name)) for name, works, _ in known if works]
        choices = [Choice(name, label, aside=meaning) for name, label, meaning in usable]
        self.query_one(ChoiceList).show(choices)
        missing = [protector_unavailable(name, reason) for name, works, reason in known if not works]
        self.query_one("#unavailable", Static).update(Content("\n".join(missing)))
        self._ready = True

    # --- doing it ----------------------------------------------------------------------------------------

    def action_set_up(self) -> None:
        """Check the form, then create the installation."""
        if not self._ready:
            return
        server = self.query_one("#server", FormField)
        if not server.value.strip():
            self._refuse(server, NAME_MISSING)
            return
        count = self.query("#count").results(FormField)
        flow = self._flow.run("".join(field.value for field in count))
        if isinstance(flow.problem, LossCountWrong):
            self._refuse(self.query_one("#count", FormField), count_refused(flow.problem.actual))
            return
        self._setting_up(flow, server.value.strip(), self.query_one(ChoiceList).key or "")

    @staticmethod
    def _refuse(field: FormField, problem: str) -> None:
        field.problem = problem
        field.focus()

    @work
    async def _setting_up(self, flow: FirstStart, server: str, protector: str) -> None:
        make = partial(self._make, flow, server, self._cmdb(), protector)
        made = await self._session.quickly(make)
        if not isinstance(made, NskeysError):
            self.dismiss(made)
            return
        self._flow = self._flow.failed(made)
        if self._flow.step is not FirstStep.FORM:
            self.dismiss(None)
        show_error(self.app, NEW_INSTALLATION[0], made)

    def _cmdb(self) -> str:
        typed = [field.value.strip() for field in self.query("#cmdb").results(FormField)]
        return typed[0] if typed else self._settings.cmdb

    def _make(self, flow: FirstStart, server: str, cmdb: str, protector: str) -> FirstStart:
        if cmdb != self._settings.cmdb:
            status = self._session.use_cmdb(cmdb)
            if status.credentials:
                return flow.seen(status)
        settings = replace(self._settings, server_name=server, cmdb=cmdb)
        set_up, secrets = self._session.services.set_up, self._session.secrets
        return flow.made(set_up.execute(protector, secrets, settings, flow.accept_loss))

    def action_leave(self) -> None:
        """Leave. A creation in progress is not interrupted."""
        if not self.judging:
            self.dismiss(None)

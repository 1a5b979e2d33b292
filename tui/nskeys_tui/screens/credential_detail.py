"""One credential: its fields, what would become of it, and its secret on request."""

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from nskeys.errors import NskeysError
from nskeys.model.credentials import Credential
from nskeys.model.recoverability import CredentialCoverage, RecoveryState
from nskeys.wording.credentials import (
    HIDDEN,
    NOTED,
    OPENING,
    SHOWN_FOR_S,
    credential_title,
    remove_question,
)
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.presenters.credentials import credential_facts, secret_lines
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import LOOKS, Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room


class CredentialScreen(Guarded[None]):
    """Shows the credential, and its secret on request until the screen is left."""

    HELP = (
        "Everything about one credential. Its secret is opened only when you ask for it, the audit trail "
        "says so, and it is hidden again after a minute, and as soon as you leave this screen."
    )
    DEFAULT_CSS = """
    CredentialScreen {
        & Room { padding: 1 1 0 1; }
        & #secret { height: auto; margin: 1 0; text-style: bold; display: none; }
        & #noted { height: auto; text-style: dim; display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "secret", "Show secret", tooltip="Open the secret and show it"),
        Binding("s", "hide", "Hide secret", tooltip="Hide the secret again"),
        Binding("b", "back_up", "Back up", tooltip="Back up its key and its row"),
        Binding("e", "edit", "Edit", tooltip="Change fields, or give it a new secret"),
        Binding("x", "remove", "Remove", tooltip="Remove the credential for good"),
        Binding("escape", "dismiss", "Back", tooltip="Back to the list"),
    ]

    def __init__(self, session: Session, credential_id: str) -> None:
        super().__init__()
        self._session = session
        self._credential_id = credential_id
        self._credential: Credential | None = None
        self._coverage: CredentialCoverage | None = None
        self._looked: datetime | None = None
        self._shown = False
        self._hides: Timer | None = None

    def compose(self) -> ComposeResult:
        yield TitleBar("Credential")
        yield Rule()
        with Room():
            yield Facts()
            yield Static(id="secret")
            yield Static(id="noted")
        yield Rule()
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("secret", "hide"):
            return self._credential is not None and self._shown is (action == "hide")
        if action == "back_up":
            return self._coverage is not None and self._coverage.state is RecoveryState.AT_RISK
        if action in ("edit", "remove"):
            return self._credential is not None
        return super().check_action(action, parameters)

    # --- showing -----------------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Reload: it may have been edited meanwhile, here or elsewhere."""
        self._load()

    def on_screen_suspend(self) -> None:
        """Hide the secret when another screen comes on top."""
        super().on_screen_suspend()
        self._hide()

    @work(exclusive=True, group=LOOKS)
    async def _load(self) -> None:
        services = self._session.services
        found = await self._session.quickly(partial(services.credentials.show, self._credential_id))
        if isinstance(found, NskeysError):
            if self.is_current:
                self.dismiss()
                show_error(self.app, "Credential", found)
            return
        self._credential = found
        self.query_one(TitleBar).subject = credential_title(found)
        self._say()
        self.refresh_bindings()
        try:
            async for status in self._session.looks.seen_by(self):
                self._coverage = status.overview.recoverability.coverage_of(found)
                self._looked = status.overview.taken
                self._say()
                self.refresh_bindings()
        except NskeysError as error:
            show_error(self.app, "Credential", error)

    def _say(self, secret: str = HIDDEN) -> None:
        if self._credential is not None and not self._shown:
            facts = credential_facts(self._credential, self._coverage, self._looked)
            self.query_one(Facts).pairs = (*facts, ("Secret", secret))

    # --- the secret --------------------------------------------------------------------------------------

    def action_secret(self) -> None:
        """Open the secret and show it; each opening is a line in the audit trail."""
        if self._credential is not None:
            self._say(OPENING)
            self._open(self._credential)

    @work(group="act")
    async def _open(self, credential: Credential) -> None:
        credentials = self._session.services.credentials
        secret = await self._session.quickly(partial(credentials.reveal, credential, self._session.secrets))
        if isinstance(secret, NskeysError):
            self._say()
            show_error(self.app, "Secret", secret)
            return
        with secret:
            length, lines = secret_lines(secret.text())
        self._say(length)
        self._shown = True
        self._hides = self.set_timer(SHOWN_FOR_S, self._hide)
        self.refresh_bindings()
        self._put("\n".join(lines), NOTED)
        self.call_after_refresh(self.query_one(Room).scroll_end, animate=False)

    def _put(self, secret: str, noted: str) -> None:
        for name, text in (("#secret", secret), ("#noted", noted)):
            self.query_one(name, Static).update(Content(text))
            self.query_one(name).display = bool(text)

    def action_hide(self) -> None:
        self._hide()

    def _hide(self) -> None:
        if self._hides is not None:
            self._hides.stop()
            self._hides = None
        self._shown = False
        self._put("", "")
        self._say()
        self.refresh_bindings()

    # --- changing ----------------------------------------------------------------------------------------

    def action_back_up(self) -> None:
        """Make the backup that it lacks, and come back."""
        self.app.push_screen(open_screen("backup", self._session))

    def action_edit(self) -> None:
        if self._credential is not None:
            self.app.push_screen(CredentialFormScreen(self._session, self._credential))

    @work(exclusive=True, group="act")
    async def action_remove(self) -> None:
        """Remove it, once that was confirmed."""
        credential, credentials = self._credential, self._session.services.credentials
        if credential is None:
            return
        question = ConfirmDialog(
            "Remove", *remove_question(credential), yes="Yes, remove it", no="No, keep it"
        )
        if not await self.app.push_screen_wait(question):
            return
        gone = await self._session.quickly(partial(credentials.remove, credential, self._session.secrets))
        if isinstance(gone, NskeysError):
            show_error(self.app, "Remove", gone)
        else:
            self.dismiss()

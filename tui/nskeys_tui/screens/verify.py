"""Verify: every credential is opened with the keys of this server, and said so one by one."""

from textual import work
from textual.app import ComposeResult

from nskeys.errors import Cancelled
from nskeys.model.plans import ProofReport
from nskeys.ports import Progress, Stage
from nskeys_tui.screens.proof import ProofScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.telling import show_error
from nskeys_tui.widgets.frame import TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.rule import Rule

_NAME = "Verify"


class VerifyScreen(Guarded[None]):
    """Begins at once, for it changes nothing; leads to the list, and from there back."""

    HELP = (
        "Every credential is opened with the keys of this server. Nothing is changed, no secret is shown."
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """The frame; the work stands on top of it."""
        yield TitleBar(_NAME)
        yield Rule("every credential, with the keys of this server")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin."""
        self._run()

    @work(exclusive=True)
    async def _run(self) -> None:
        def run(progress: Progress) -> ProofReport:
            return self._session.services.verify.execute(self._session.secrets, progress)

        outcome = await self._session.work("Open every credential", run, (Stage.PROVING,))
        if outcome.value is not None:
            await self.app.push_screen_wait(ProofScreen(self._session, outcome.value, title=_NAME))
        self.dismiss()
        if outcome.error is not None and not isinstance(outcome.error, Cancelled):
            show_error(self.app, _NAME, outcome.error)

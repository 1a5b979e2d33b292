"""The checkpoint: what the server key signed, what contradicts it, and accepting that."""

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.checkpoint import Checkpoint
from nskeys.ports import Progress, Stage
from nskeys.services.checkpoint.looking import Comparison
from nskeys.wording.checkpoint import (
    ACCEPT_LABEL,
    ACCEPT_MEANS,
    ACCEPT_TITLE,
    LOOKING,
    NOT_WITHOUT_REASON,
    accepted_lines,
    checkpoint_facts,
    comparison_lines,
)
from nskeys.wording.mismatches import instead_of_accepting
from nskeys.wording.next_steps import Voice
from nskeys_tui.dialogs.questions import Line, LineDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import WizardScreen, words
from nskeys_tui.widgets.facts import Facts

_STAGES = (Stage.UNLOCKING, Stage.RECORDING)


class CheckpointScreen(WizardScreen):
    """Shows how home and database fit the checkpoint; accepting wants a typed reason."""

    NAME = "Checkpoint"
    HELP = (
        "The server key signs, with every change, what everything was after it. What somebody else changed "
        "does not fit, counts for nothing, and stops changes until a person accepts it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accept", "Accept", tooltip="Take what differs exactly as it is shown here"),
        Binding("b", "back_up", "Back up", tooltip="Make the database copy that covers what was accepted"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._seen: Comparison | None = None
        self._accepted: Checkpoint | None = None

    def on_mount(self) -> None:
        self._look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "accept":
            seen = self._seen
            differs = seen is not None and not seen.fits and not seen.busy
            return seen is not None and differs and instead_of_accepting(seen.mismatches) is None
        if action == "back_up":
            return self._accepted is not None
        return super().check_action(action, parameters)

    @work(exclusive=True)
    async def _look(self) -> None:
        await self.show("looking", "how it stands", words(LOOKING, "quiet"))
        await self._show_now()

    async def _show_now(self) -> None:
        seen = await run_in_background(self.session.services.checkpoint.show)
        if isinstance(seen, NskeysError):
            await self.tell(seen)
            self.dismiss()
            return
        self._seen = seen
        fits = seen.fits and not seen.busy
        home = seen.home
        await self.show(
            "state",
            "everything fits" if fits else "does not fit",
            *(words(line) for line in self._next()),
            *(
                words(line if fits else f"! {line}", "good" if fits else "warning")
                for line in comparison_lines(seen, Voice.KEY)
            ),
            *(
                ()
                if home is None
                else (Facts(tuple(checkpoint_facts(home.checkpoint, home.signed.sha256))),)
            ),
        )

    def _next(self) -> tuple[str, ...]:
        """Return what was accepted here, and that a copy has to follow."""
        return () if self._accepted is None else accepted_lines(self._accepted, Voice.KEY)

    def action_back_up(self) -> None:
        """Make the copy that is due now, and come back here."""
        self.app.push_screen(BackupScreen(self.session))

    @work(exclusive=True)
    async def action_accept(self) -> None:
        """Ask for the reason, and accept exactly what is shown."""
        seen = self._seen
        if seen is None:
            return
        line = Line(ACCEPT_LABEL, check=lambda typed: "" if typed.strip() else NOT_WITHOUT_REASON)
        reason = await self.app.push_screen_wait(LineDialog(ACCEPT_TITLE, ACCEPT_MEANS, line))
        if reason is None:
            return

        def run(progress: Progress) -> Checkpoint:
            progress.stage(Stage.UNLOCKING)
            return self.session.services.checkpoint.accept(seen, reason, self.session.secrets)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        if isinstance(outcome.error, NskeysError):
            await self.tell(outcome.error)
        elif outcome.value is not None:
            self._accepted = outcome.value
        await self._show_now()

"""The schedule: what runs unattended, whether it is in force, and what prevents it."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.schedule import Obstacle, Schedule, Schedule as State
from nskeys.wording.schedule import (
    DRILLS,
    INSTALL_MEANS,
    INSTALL_QUESTION,
    MAKE_IDENTITY,
    REMOVE_MEANS,
    REMOVE_QUESTION,
    job_words,
    last_words,
    sight_words,
    state_in_app,
    timer_words,
)
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.recovery_identity import RecoveryIdentityScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import WizardScreen, words
from nskeys_tui.widgets.facts import Facts


class ScheduleScreen(WizardScreen):
    """Shows the schedule; installing and removing need a confirmation, because they change this machine."""

    NAME = "Schedule"
    HELP = (
        "systemd backs up every day to each destination that lacks a key backup or a database copy, "
        "copies a small database that changed every hour, and looks at every copy once a week. No "
        "password is on the machine: backups go to the recovery identity."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "install", "Install", tooltip="Write the units and start their timers"),
        Binding("n", "identity", "New identity", tooltip="Make the identity that backups go to unattended"),
        Binding("x", "remove", "Remove", tooltip="Stop the timers, and remove the units"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._state: State | None = None
        self._away = False

    def on_mount(self) -> None:
        self._look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        state = self._state
        if action == "install":
            return state is not None and not state.obstacles
        if action == "identity":
            return state is not None and Obstacle.NO_IDENTITY in state.obstacles
        if action == "remove":
            return state is not None and state.installed
        return super().check_action(action, parameters)

    def on_screen_resume(self) -> None:
        """Look again: an identity may have been made meanwhile."""
        super().on_screen_resume()
        if self._away:
            self._away = False
            self._look()

    def action_identity(self) -> None:
        """Make the recovery identity, and come back."""
        self._away = True
        self.app.push_screen(RecoveryIdentityScreen(self.session))

    @work(exclusive=True)
    async def _look(self) -> None:
        await self.show("looking", "how it stands", words("Looking at the units …", "quiet"))
        state = await run_in_background(self.session.services.schedule.show)
        if isinstance(state, NskeysError):
            await self.tell(state)
            self.dismiss()
            return
        await self._show(state)

    async def _show(self, state: State) -> None:
        self._state = state
        first, *rest = state_in_app(state)
        await self.show(
            "state",
            "in force" if state.in_force else "not in force",
            words(first, "good") if state.in_force else words(f"! {first}", "warning"),
            *(words(line) for line in rest),
            Facts(schedule_rows(state)),
            then=MAKE_IDENTITY if Obstacle.NO_IDENTITY in state.obstacles else DRILLS,
        )

    def action_install(self) -> None:
        """Install the units, after a confirmation."""
        question = ConfirmDialog(INSTALL_QUESTION, INSTALL_MEANS, yes="Yes, install it", no="No, leave it")
        self._change(question, self.session.services.schedule.install)

    def action_remove(self) -> None:
        """Remove the units, after a confirmation."""
        question = ConfirmDialog(REMOVE_QUESTION, REMOVE_MEANS, yes="Yes, remove it", no="No, leave it")
        self._change(question, self.session.services.schedule.remove)

    @work(exclusive=True)
    async def _change(self, question: ConfirmDialog, act: Callable[[], State]) -> None:
        if not await self.app.push_screen_wait(question):
            return
        await self.show("working", "systemd …", words("Telling systemd …", "quiet"))
        state = await run_in_background(partial(act))
        if isinstance(state, NskeysError):
            await self.tell(state)
            self._look()
            return
        await self._show(state)


def schedule_rows(schedule: Schedule) -> tuple[tuple[str, str], ...]:
    """Return what runs, when next and with what result; then each unit and what lies in its place."""
    jobs = [
        row
        for timer in schedule.timers
        for row in (
            (timer.job.value.capitalize(), job_words(timer.job)),
            ("Timer", timer_words(timer, schedule.systemd_runs)),
            ("Last", last_words(timer)),
        )
    ]
    units = [("Unit", f"{safe(seen.path)}: {sight_words(seen.status)}") for seen in schedule.units]
    return (*jobs, *units)

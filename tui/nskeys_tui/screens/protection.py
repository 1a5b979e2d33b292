"""The protector: what binds the keys, what that protects against, and a change of it, step by step."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.bootstrap import protectors
from nskeys.errors import NskeysError
from nskeys.model.database import DatabaseLogin
from nskeys.model.keys import Leftover
from nskeys.ports import Progress, Stage, StoreInfo
from nskeys.reasons import ProtectorProblem
from nskeys.services.flows.route import Route, Stop
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.wording.database import login_words
from nskeys.wording.flows import PROTECTOR_ACTS
from nskeys.wording.keys import (
    ANOTHER_PASSPHRASE,
    CHANGE_MEANS,
    NO_BACKUP,
    OLD_COPIES_ROTATE,
    WITHOUT_BACKUP,
    backup_before,
    broken_by,
    helps_against,
    helps_now,
    leftover_lines,
    lost_with,
    not_here,
    protector_title,
)
from nskeys.wording.labels import protector_label
from nskeys.wording.passwords import weak_line
from nskeys.wording.reports import protector_sentence
from nskeys.wording.text.numbers import number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.long_work import DialogSecrets
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import WizardScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts

_BACK_UP, _GO_ON = "back_up", "go_on"


class ProtectorScreen(WizardScreen):
    """Changes the protector, after asking for a proven backup: a mistake here could lose every key."""

    NAME = "Protector"
    ACT_WORDS = PROTECTOR_ACTS
    HELP = (
        "The keys are wrapped under one key-encryption key, and the protector binds that to this machine "
        "or to a person. A change wraps them anew; the keys themselves and every credential stay as they "
        "are."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("c", "change", "Change", tooltip="Bind the keys in another way, or to another passphrase"),
        Binding("b", "back_up", "Back up", tooltip="Make a backup, and come back here"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._info: StoreInfo | None = None
        self._wanted = ""
        self._away = False
        self._without_backup = False
        """Whether a person chose to go on without a backup."""

    @property
    def route(self) -> Route:
        """The way from the present protector to another."""
        stops = (Stop.STATE, Stop.BACKUP, Stop.CHOICE, Stop.PLAN, Stop.RESULT)
        steps = {"looking": 1, "backup": 1, "which": 2, "review": 3, "done": 4}
        return Route(stops, stops[steps.get(self.step, 0)])

    def on_mount(self) -> None:
        self._show_now()

    def on_screen_resume(self) -> None:
        if self._away:
            self._away = False
            self._ask_for_backup()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "go_on":
            return self.step in ("review", "done")
        if action == "change":
            return self.step == "now"
        if action == "back_up":
            return self.step in ("now", "backup")
        return super().check_action(action, parameters)

    @work(exclusive=True)
    async def _show_now(self) -> None:
        protection, about = self.session.services.protection, self.session.services.about
        seen = await self.session.quickly(
            lambda: (protection.show(), protection.leftovers(), about.cmdb_login())
        )
        if isinstance(seen, NskeysError):
            await self.tell(seen)
            self.dismiss()
            return
        self._info, leftovers, login = seen
        await self.show(
            "now",
            "what binds the keys",
            *(words(f"! {line}", "warning") for line in leftover_lines(leftovers)),
            Facts((*protection_rows(self._info, leftovers), *login_rows(login))),
            then="c binds them in another way. A backup has its own password, whatever is chosen here.",
        )

    # --- a backup first ----------------------------------------------------------------------------------

    def action_change(self) -> None:
        self._ask_for_backup()

    @work(exclusive=True)
    async def _ask_for_backup(self) -> None:
        await self.show("looking", "a backup first", words("Looking at the backups …", "quiet"))
        copy = await run_in_background(self.session.services.protection.backup_before)
        if isinstance(copy, NskeysError):
            await self.tell(copy)
            self._show_now()
            return
        self._without_backup = False
        if copy is not None:
            self._show_choices(backup_before(copy))
            return
        await self.show(
            "backup",
            "a backup first",
            words(f"! {NO_BACKUP}", "warning"),
            words(WITHOUT_BACKUP),
            ChoiceList([Choice(_BACK_UP, "Back up first"), Choice(_GO_ON, "Change it without a backup")]),
        )

    def action_back_up(self) -> None:
        """Make the backup right here."""
        self._away = self.step == "backup"
        self.app.push_screen(BackupScreen(self.session))

    # --- which one ---------------------------------------------------------------------------------------

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        if self.step == "backup" and message.key == _BACK_UP:
            self.action_back_up()
        elif self.step == "backup":
            self._without_backup = True
            self._show_choices("")
        elif self.step == "which":
            self._wanted = message.key
            self._review()

    @work(exclusive=True)
    async def _show_choices(self, held: str) -> None:
        if self._info is None:
            return
        available = await self.session.quickly(protectors)  # a TPM that is tried takes its time
        if isinstance(available, NskeysError):
            await self.tell(available)
            return
        choices = [Choice(*choice) for choice in protector_choices(available, self._info.protector)]
        await self.show(
            "which",
            "what shall bind them?",
            *([words(held, "good")] if held else []),
            ChoiceList(choices),
            *(words(line, "quiet") for line in not_available(available)),
        )

    # --- the change --------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _review(self) -> None:
        if self._info is None:
            return
        await self.show(
            "review",
            "the change",
            Facts(change_rows(self._info.protector, self._wanted)),
            words(CHANGE_MEANS),
            then="Enter does it. Nothing is changed yet.",
        )

    @work(exclusive=True)
    async def action_go_on(self) -> None:
        """Change it; when it is done, leave."""
        if self.step == "done":
            self.dismiss()
            return
        # Not the session's own provider: it would take the new passphrase for the one in force if the
        # change is broken off.
        new = RememberedPassphrase(DialogSecrets(self.app, self.session.ask))
        change = partial(
            self.session.services.protection.change,
            self._wanted,
            self.session.secrets,
            new,
            self._without_backup,
        )

        def run(progress: Progress) -> tuple[StoreInfo, tuple[Leftover, ...]]:
            progress.stage(Stage.UNLOCKING)
            return change(), self.session.services.protection.leftovers()

        outcome = await self.session.work(self.NAME, run, (Stage.UNLOCKING,))
        if outcome.value is None:
            new.wipe()
            await self.tell(outcome.error)
            return
        self.session.secrets.take_over(new)
        self._info, leftovers = outcome.value
        await self.show(
            "done",
            "not completed" if leftovers else "done",
            words(protector_sentence(self._info.protector), "good"),
            *(words(f"! {line}", "warning") for line in weak_line(self._info.weak, "passphrase")),
            *(words(f"! {line}", "warning") for line in leftover_lines(leftovers)),
            words(f"! {OLD_COPIES_ROTATE}", "warning"),
        )

    def action_back(self) -> None:
        """Go one step back; nothing is changed before the last step."""
        if self.step in ("backup", "which", "review"):
            self._show_now()
        else:
            self.dismiss()


def protection_rows(info: StoreInfo, left: Sequence[Leftover] = ()) -> tuple[tuple[str, str], ...]:
    """Return how the keys are protected now."""
    label = protector_label(info.protector)
    return (
        ("Now", capitalised(label)),
        ("Helps against", helps_now(info.protector, left)),
        ("Is broken by", broken_by(info.protector)),
        ("Is lost with", lost_with(info.protector)),
        ("Key store", f"{safe(info.store_id)}, generation {number(info.generation)}"),
    )


def login_rows(login: DatabaseLogin | None) -> tuple[tuple[str, str], ...]:
    """Return how the CMDB's server is logged in to; nothing for a file."""
    return () if login is None else (("CMDB login", capitalised(login_words(login))),)


def change_rows(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Return the old and the new protector."""
    return (
        ("From", protector_label(before)),
        ("To", ANOTHER_PASSPHRASE if before == after else protector_label(after)),
        ("Helps against", helps_against(after)),
        ("Is broken by", broken_by(after)),
        ("Is lost with", lost_with(after)),
    )


def protector_choices(
    available: Sequence[tuple[str, bool, ProtectorProblem | None]], current: str
) -> tuple[tuple[str, str, str], ...]:
    """Return name, title and meaning of every protector that this machine can change to; the one that
    leaves the keys unprotected last."""
    names = [name for name, usable, _ in available if usable and (name != current or name == "passphrase")]
    return tuple(
        (name, protector_title(name, current), f"helps against {helps_against(name)}")
        for name in sorted(names, key=lambda name: name == "file")
    )


def not_available(available: Sequence[tuple[str, bool, ProtectorProblem | None]]) -> tuple[str, ...]:
    """Return the protectors that this machine does not support, and why."""
    return tuple(not_here(name, reason) for name, usable, reason in available if not usable)

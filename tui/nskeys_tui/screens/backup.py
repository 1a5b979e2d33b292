"""Back up: destination, password, what will be written, the work, and what came of it."""

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import Cancelled, HintRefused, NskeysError
from nskeys.model.operations import BackupPlan, BackupReport
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, Purpose, SecretRequest, Stage
from nskeys.services.passwords import check_hint, check_new_password
from nskeys.wording.app_errors import say_in_app
from nskeys.wording.places import location_sentence
from nskeys.wording.reports import backup_lines
from nskeys.wording.ways import KEYS
from nskeys_tui.dialogs.ask_line import AskLine
from nskeys_tui.presenters.backup import destination_choices, plan_rows, report_rows
from nskeys_tui.screens.asking import read
from nskeys_tui.screens.choosing import browsed_folder
from nskeys_tui.screens.drill import Drill
from nskeys_tui.screens.guided import Guided, words
from nskeys_tui.screens.session import Session, ask_secret
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts

_BROWSE, _TYPE = "/browse", "/type"
_STAGES = (
    Stage.UNLOCKING,
    Stage.COLLECTING,
    Stage.ENCRYPTING,
    Stage.WRITING,
    Stage.READING_BACK,
    Stage.OPENING,
    Stage.RECORDING,
)


class BackUp(Guided):
    """From the first screen with a known destination: five keys and the password."""

    NAME = "Back up the keys"
    HELP = (
        "A backup is one file with every key of this server, under a password. It counts only after it was "
        "read back from its destination and opened there by two independent readers."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("p", "password", "Password", tooltip="Type another password"),
        Binding(
            "h", "hint", "Hint", tooltip="A hint that anybody may read, for whoever forgot the password"
        ),
        Binding("d", "drill", "Drill", tooltip="Prove that the credentials open with what was written"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._plan: BackupPlan | None = None
        self._password: SecretBytes | None = None
        self._written = ""

    def on_mount(self) -> None:
        """Begin with the destinations."""
        self._show_destinations()

    def on_unmount(self) -> None:
        """A password that was not used is forgotten."""
        self._forget()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that work in this step."""
        if action in ("password", "hint"):
            return self.step == "review"
        if action == "drill":
            return self.step == "done"
        if action == "go_on":
            return self.step in ("review", "done")
        return super().check_action(action, parameters)

    # --- destination ---------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _show_destinations(self) -> None:
        await self.show("looking", "destination", words("Looking at the destinations …", "quiet"))
        sights = await read(self.session.services.destinations.listing)
        if isinstance(sights, NskeysError):
            await self.tell(sights)
            self.dismiss()
            return
        choices = [Choice(*choice) for choice in destination_choices(sights)]
        choices.append(Choice(_BROWSE, "Another folder, found by browsing"))
        choices.append(Choice(_TYPE, "Another folder, typed"))
        await self.show("destination", "where to?", ChoiceList(choices))

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        self._choose(message.key)

    @work(exclusive=True)
    async def _choose(self, key: str) -> None:
        address: str | None = key
        if key == _BROWSE:
            address = await browsed_folder(self, self.session)
        elif key == _TYPE:
            address = await self.app.push_screen_wait(
                AskLine(
                    "Destination",
                    "Where shall the backup go?",
                    "Folder",
                    help="A folder, best on another machine",
                )
            )
        if address and await self._make_plan(address, ""):
            await self._ask_password()

    async def _make_plan(self, address: str, hint: str) -> bool:
        plan = await self.session.quickly(lambda: self.session.services.backup.plan(address, hint))
        if isinstance(plan, NskeysError):
            await self.tell(plan)
            return False
        self._plan = plan
        return True

    # --- password ------------------------------------------------------------------------------------

    async def _ask_password(self) -> None:
        """Ask until one can be used; Esc leaves the step as it was."""
        plan, retry, refused = self._plan, 0, ""
        if plan is None:
            return
        while True:
            request = SecretRequest(Purpose.NEW_BACKUP_PASSWORD, "")
            password = await self.app.push_screen_wait(ask_secret(request, retry, refused))
            if password is None:
                return
            problem = await self.session.quickly(partial(self._check, password, plan.hint))
            if problem is None:
                break
            password.wipe()
            retry, refused = retry + 1, str(say_in_app(problem))
        self._forget()
        self._password = password
        await self._review()

    def _check(self, password: SecretBytes, hint: str) -> None:
        check_new_password(password, hint, self.session.services.installation.key_store)

    @work(exclusive=True)
    async def action_password(self) -> None:
        """Another password."""
        await self._ask_password()

    @work(exclusive=True)
    async def action_hint(self) -> None:
        """A hint, which anybody can read in the backup."""
        plan = self._plan
        if plan is None:
            return
        hint = await self.app.push_screen_wait(
            AskLine(
                "Hint",
                "A hint stands in the backup, readable for anybody. It must not give the password away.",
                "Hint",
                plan.hint,
                check=self._hint_problem,
            )
        )
        if hint is not None and await self._make_plan(plan.destination.address, hint):
            await self._review()

    def _hint_problem(self, hint: str) -> str:
        try:
            check_hint(hint)
            if self._password is not None and self._password.contained_in(hint):
                raise HintRefused("contains_password")
        except NskeysError as error:
            return say_in_app(error).what
        return ""

    # --- review, work, result --------------------------------------------------------------------------

    async def _review(self) -> None:
        if self._plan is None:
            return
        warning = location_sentence(self._plan.where)
        await self.show(
            "review",
            "this will be written",
            Facts(plan_rows(self._plan)),
            *([words(f"! {warning}", "warning")] if warning else []),
            words("Enter writes it, reads it back and opens it.", "quiet"),
        )

    @work(exclusive=True)
    async def action_go_on(self) -> None:
        """Write it; afterwards, leave."""
        if self.step == "done":
            self.dismiss()
            return
        plan, password = self._plan, self._password
        if plan is None or password is None:
            return

        def provide(request: SecretRequest, retry: int) -> SecretBytes:
            if request.purpose is Purpose.NEW_BACKUP_PASSWORD and not retry:
                return SecretBytes(password.reveal())
            return self.session.secrets(request, retry)

        def run(progress: Progress) -> BackupReport:
            return self.session.services.backup.execute(plan, provide, progress)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        if outcome.value is not None:
            self._forget()
            await self._done(outcome.value)
        elif isinstance(outcome.error, Cancelled):
            await self._review()
        else:
            await self.tell(outcome.error)
            if await self._make_plan(plan.destination.address, plan.hint):
                await self._review()
            else:
                self._show_destinations()

    async def _done(self, report: BackupReport) -> None:
        self._written = report.copy.address
        first, *rest = backup_lines(report, KEYS)
        await self.show(
            "done",
            "done",
            words(first, "good"),
            Facts(report_rows(report)),
            *(words(f"! {line}" if line is rest[0] else line, "warning") for line in rest),
            words("Keep the password apart from the file. d proves now that the credentials open with it."),
        )

    def action_drill(self) -> None:
        """Prove it, right here."""
        self.app.push_screen(Drill(self.session, self._written))

    def action_back(self) -> None:
        """To the destinations; from there, and when it is done, leave."""
        if self.step == "review":
            self._forget()
            self._show_destinations()
        else:
            self.dismiss()

    def _forget(self) -> None:
        if self._password is not None:
            self._password.wipe()
        self._password = None

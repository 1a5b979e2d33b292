"""Export: the new file, who opens it, the work, and what is in it."""

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.imports import ExportReport
from nskeys.ports import Progress, Stage
from nskeys.wording.exports import EXPORT_HELP, FILE_PROMPT, RECIPIENTS_PROMPT, WHO_OPENS, export_lines
from nskeys_tui.dialogs.questions import Line, LineDialog
from nskeys_tui.presenters.own_folder import own_folder
from nskeys_tui.screens.session import Session, ask_line
from nskeys_tui.screens.wizard import WizardScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList

_PASSWORD, _RECIPIENTS = "password", "recipients"


class ExportScreen(WizardScreen):
    """Writes every credential to a new age file."""

    NAME = "Export"
    HELP = EXPORT_HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave", "Close", priority=True, tooltip="Leave the export"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._path = str(own_folder() / "credentials.age")
        self._recipients = ""

    def on_mount(self) -> None:
        self._show_ways()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "leave":
            return self.step == "done"
        return super().check_action(action, parameters)

    @work(exclusive=True)
    async def _show_ways(self) -> None:
        choices = [Choice(key, label, detail) for key, label, detail in WHO_OPENS]
        await self.show("who", "who opens it?", words(EXPORT_HELP), ChoiceList(choices))

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        self._export(message.key)

    @work(exclusive=True)
    async def _export(self, way: str) -> None:
        recipients: tuple[str, ...] = ()
        if way == _RECIPIENTS:
            line = Line("Recipients", self._recipients)
            found = await ask_line(self.app, self.NAME, RECIPIENTS_PROMPT, line, self._people)
            if found is None:
                return
            recipients = found
        typed = await self.app.push_screen_wait(
            LineDialog(self.NAME, FILE_PROMPT, Line("File", self._path, is_path=True))
        )
        if not (typed or "").strip():
            return
        self._path = path = (typed or "").strip()

        def run(progress: Progress) -> ExportReport:
            return self.session.services.exports.execute(path, recipients, self.session.secrets, progress)

        outcome = await self.session.work(self.NAME, run, (Stage.PROVING, Stage.WRITING))
        if outcome.value is None:
            await self.tell(outcome.error)
            return
        first, *rest = export_lines(outcome.value)
        await self.show("done", "done", words(first, "good"), *(words(line, "warning") for line in rest))

    async def _people(self, typed: str) -> tuple[str, ...] | NskeysError:
        """Return the recipients between commas: an ssh key has spaces in it."""
        self._recipients = typed
        texts = [part.strip() for part in typed.split(",") if part.strip()]
        return await self.session.quickly(partial(self.session.services.exports.recipients, texts))

    def action_leave(self) -> None:
        self.dismiss()

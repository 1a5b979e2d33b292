"""Import: the file, the plan and its reasons, the work, and what was left out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import ImportUnreadable, NskeysError, PlanOutdated, SecretUnavailable
from nskeys.model.credentials import CredentialKind
from nskeys.model.imports import ImportReport, ImportWishes, Reading
from nskeys.model.unlock import BY_ITS_OWN, Unlock
from nskeys.ports import Progress, Stage
from nskeys.reasons import ImportProblem
from nskeys.services.credentials.import_plan import PreparedImport
from nskeys.services.flows.route import Route, Stop
from nskeys.services.user_files import read_export, read_identity_file
from nskeys.wording.fields import kind_help
from nskeys.wording.imports import (
    FORMATS,
    IDENTITY_PROMPT,
    LEAVING_OUT,
    NOTHING_TO_TAKE,
    bad_words,
    changes_line,
    export_line,
    import_lines,
    kinds_line,
    left_out_line,
    plan_line,
    present_line,
    states_line,
)
from nskeys.wording.labels import kind_name
from nskeys_tui.dialogs.file_browser import FileBrowser
from nskeys_tui.dialogs.questions import ChoiceDialog, Line
from nskeys_tui.presenters.own_folder import started_in
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.import_columns import ColumnsScreen, encoding_dialog, first_rows
from nskeys_tui.screens.import_rows import (
    COLUMNS,
    ImportRows,
    plan_about,
    plan_cells,
    plan_total,
    report_about,
    report_cells,
    report_total,
)
from nskeys_tui.screens.next_copy import say_next_copy
from nskeys_tui.screens.session import Session, ask_line
from nskeys_tui.screens.wizard import WizardScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.table.table import CredentialTable

Pairs = tuple[tuple[str, str], ...]

_ASKS_ENCODING = (ImportProblem.CODE_PAGE, ImportProblem.NOT_IN_ENCODING)
_ASKS_COLUMNS = (ImportProblem.UNKNOWN_FORMAT, ImportProblem.NO_SUCH_COLUMN)
_BROWSE, _TYPE, _BY_GROUP = "browse", "type", "by_group"


class ImportScreen(WizardScreen):
    """Imports all rows in one transaction, or none."""

    NAME = "Import"
    HELP = (
        "Another program's export becomes credentials, each sealed at once. The kind of each follows from "
        "a word in the name of its group or folder; c chooses one for all. One row that cannot be taken "
        "stops the import, unless s leaves such rows out."
    )
    DEFAULT_CSS = """
    ImportScreen {
        & #step .import--line { height: auto; }
        & #step CredentialTable { min-height: 4; }
        & #step #row { height: 3; margin: 0; overflow: hidden; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "import", "Import", priority=True, tooltip="Seal every credential of the list"),
        Binding("enter", "leave", "Close", priority=True, tooltip="Leave the import"),
        Binding("c", "kind", "Kind", tooltip="Choose the kind of every row"),
        Binding("s", "skip", "Skip bad", tooltip="Leave out rows that cannot be taken, or not"),
        Binding("l", "left_out", "Left out", tooltip="Take rows that look deleted, are empty or changed"),
        Binding("b", "back_up", "Back up", tooltip="Back up what was imported"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._path = ""
        self._wishes = ImportWishes()
        self._opening = BY_ITS_OWN
        self._prepared: PreparedImport | None = None
        self._listed: tuple[CredentialTable, Callable[[int], Pairs]] | None = None
        """The table that is shown, and a row of it in full."""

    @property
    def route(self) -> Route:
        """The way from the file to what was imported."""
        here = {"plan": Stop.PLAN, "done": Stop.RESULT}.get(self.step, Stop.FILE)
        return Route((Stop.FILE, Stop.PLAN, Stop.RESULT), here)

    def on_mount(self) -> None:
        self._show_ways()

    def on_unmount(self) -> None:
        """Wipe every secret that was read."""
        self._forget()
        self._forget_identity()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        prepared = self._prepared
        if action == "import":
            return self.step == "plan" and _can_be_taken(prepared)
        if action in ("leave", "back_up"):
            return self.step == "done"
        if action in ("kind", "left_out"):
            return self.step == "plan"
        if action == "skip":
            return self.step == "plan" and prepared is not None and bool(prepared.plan.bad)
        return super().check_action(action, parameters)

    # --- the file ----------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _show_ways(self) -> None:
        await self.show(
            "file",
            "which export?",
            words(FORMATS),
            ChoiceList([Choice(_BROWSE, "Find it by browsing"), Choice(_TYPE, "Type where it is")]),
        )

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        if self.step == "file":
            self._choose(message.key)

    @work(exclusive=True)
    async def _choose(self, way: str) -> None:
        if way == _BROWSE:
            browser = FileBrowser("An export", started_in(), tree=True, wanted=_may_be_an_export)
            path = await self.app.push_screen_wait(browser)
            self._path = "" if path is None else str(path)
        else:
            line = Line("File", self._path, is_path=True, wanted=_may_be_an_export)
            self._path = await ask_line(self.app, "Export", "", line, self._readable) or ""
        if self._path:
            self._wishes = replace(self._wishes, reading=Reading())
            await self._make_plan()

    async def _readable(self, path: str) -> str | NskeysError:
        """Return the path where the file can be read, so that a slip is told below the field."""
        found = await self.session.quickly(partial(read_export, path))
        return found if isinstance(found, NskeysError) else path

    # --- the plan ----------------------------------------------------------------------------------------

    async def _make_plan(self) -> None:
        """Read the file and plan again. It is read each time, so that its secrets are held in one place
        only."""

        def run(progress: Progress) -> PreparedImport:
            progress.stage(Stage.LOOKING)
            data = read_export(self._path)
            progress.checkpoint()
            secrets, opening = self.session.secrets, self._opening
            return self.session.services.imports.plan(self._path, data, secrets, self._wishes, opening)

        outcome = await self.session.work("Read the export", run, (Stage.LOOKING,))
        if isinstance(outcome.error, SecretUnavailable) and await self._name_identity():
            outcome = await self.session.work("Read the export", run, (Stage.LOOKING,))
        if outcome.value is None:
            if not (isinstance(outcome.error, ImportUnreadable) and await self._ask_reading(outcome.error)):
                await self.tell(outcome.error)
            return
        self._forget()
        self._prepared = outcome.value
        await self._show_plan()

    async def _ask_reading(self, error: ImportUnreadable) -> bool:
        """Ask for what a CSV does not say itself, and plan again; False where that is not what is wrong."""
        reading = self._wishes.reading
        if error.problem in _ASKS_ENCODING:
            chosen = await self.app.push_screen_wait(encoding_dialog())
            reading = Reading(chosen or "", reading.delimiter)
            if chosen is None:
                return False
        elif error.problem in _ASKS_COLUMNS:
            found = await self.session.quickly(lambda: first_rows(self.session, self._path, reading))
            if isinstance(found, NskeysError):
                return False
            screen = ColumnsScreen(self.session, self._path, found)
            await self.app.push_screen_wait(screen)
            if screen.chosen is None:
                return True
            reading = screen.chosen
        else:
            return False
        self._wishes = replace(self._wishes, reading=reading)
        await self._make_plan()
        return True

    async def _name_identity(self) -> bool:
        """Ask for the file with an identity that opens an age file; False where none was named."""
        line = Line("Identity file", is_path=True)
        found = await ask_line(self.app, "Export", IDENTITY_PROMPT, line, self._identity_in)
        if found is None:
            return False
        self._forget_identity()
        self._opening = found
        return True

    async def _identity_in(self, path: str) -> Unlock | NskeysError:
        return await self.session.quickly(partial(read_identity_file, path))

    async def _show_plan(self) -> None:
        prepared = self._prepared
        if prepared is None:
            return
        plan = prepared.plan
        bad = bad_words(plan, skipped=prepared.skip_bad) if plan.credentials else NOTHING_TO_TAKE
        await self._show_list(
            "plan",
            "the preview",
            (
                (f"{plan_line(plan)} {states_line(plan)}", ""),
                (kinds_line(plan, chosen=self._wishes.kind is not None), ""),
                (f"! {bad}" if bad else "", "warning"),
                (left_out_line(plan.left_out, by_key=True), "warning"),
                (changes_line(plan.counts.renamed, plan.dropped), "quiet"),
            ),
            ImportRows(plan_total(plan), partial(plan_cells, plan)),
            partial(plan_about, plan),
        )

    async def _show_list(
        self,
        step: str,
        heading: str,
        lines: Sequence[tuple[str, str]],
        rows: ImportRows,
        about: Callable[[int], Pairs],
    ) -> None:
        """Show a summary, a table, and below it its row in full, so that it fits a small screen."""
        summary = [
            Static(Content(line), classes=f"import--line guided--{style}") for line, style in lines if line
        ]
        table = CredentialTable(COLUMNS, empty="")
        self._listed = (table, about)
        below = (table, Facts(id="row")) if rows.total() else ()
        await self.show(step, heading, *summary, *below)
        table.show(rows)

    @on(CredentialTable.RowHighlighted)
    def _highlighted(self, message: CredentialTable.RowHighlighted) -> None:
        # The table before this one may still have told of its cursor: its rows are not these.
        if self._listed is not None and message.table is self._listed[0]:
            for facts in self.query("#row").results(Facts):
                facts.pairs = self._listed[1](int(message.key))

    @work(exclusive=True)
    async def action_kind(self) -> None:
        """Choose one kind for all rows, or each by its group."""
        choices = [Choice(_BY_GROUP, "Each as its group or folder says")]
        choices += [Choice(kind.value, kind_name(kind), kind_help(kind)) for kind in CredentialKind]
        chosen = await self.app.push_screen_wait(ChoiceDialog("The kind of every row", (), choices))
        if chosen is None:
            return
        kind = None if chosen == _BY_GROUP else CredentialKind(chosen)
        self._wishes = replace(self._wishes, kind=kind)
        await self._make_plan()

    @work(exclusive=True)
    async def action_skip(self) -> None:
        """Leave out bad rows, or stop leaving them out."""
        if self._prepared is not None:
            self._prepared.skip_bad = not self._wishes.skip_bad
            self._wishes = replace(self._wishes, skip_bad=self._prepared.skip_bad)
            await self._show_plan()

    @work(exclusive=True)
    async def action_left_out(self) -> None:
        """Take rows of a sort that is left out, or leave them out again."""
        choices = [
            Choice(name, leave if getattr(self._wishes, name) else take)
            for name, (take, leave) in LEAVING_OUT.items()
        ]
        chosen = await self.app.push_screen_wait(ChoiceDialog("Rows that are left out", (), choices))
        if chosen is None:
            return
        wishes = self._wishes
        self._wishes = {
            "with_deleted": replace(wishes, with_deleted=not wishes.with_deleted),
            "empty_secrets": replace(wishes, empty_secrets=not wishes.empty_secrets),
            "update": replace(wishes, update=not wishes.update),
        }[chosen]
        await self._make_plan()

    # --- the work ----------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def action_import(self) -> None:
        prepared = self._prepared
        if prepared is None:
            return

        def run(progress: Progress) -> ImportReport:
            return self.session.services.imports.execute(prepared, self.session.secrets, progress)

        outcome = await self.session.work(self.NAME, run, (Stage.IMPORTING,))
        if outcome.value is not None:
            self._forget()
            await self._done(outcome.value)
            await say_next_copy(self.app, self.session)
            return
        await self.tell(outcome.error)
        if isinstance(outcome.error, PlanOutdated):
            await self._make_plan()

    async def _done(self, report: ImportReport) -> None:
        await self._show_list(
            "done",
            "done",
            (
                (import_lines(report)[0], "good"),
                (f"! {export_line(report)}", "warning"),
                (present_line(report.present), "quiet"),
                (left_out_line(report.left_out, by_key=False).partition(" (")[0], "quiet"),
                (changes_line(len(report.renamed), report.dropped), "quiet"),
            ),
            ImportRows(report_total(report), partial(report_cells, report)),
            partial(report_about, report),
        )

    def action_leave(self) -> None:
        self.dismiss()

    def action_back_up(self) -> None:
        """Back up what was imported: until then no backup holds it."""
        self.app.push_screen(BackupScreen(self.session))

    def action_back(self) -> None:
        """Go back from the plan to the choice of a file; from there, and when it is done, leave."""
        if self.step == "plan":
            self._forget()
            self._show_ways()
        else:
            self.dismiss()

    def _forget_identity(self) -> None:
        if self._opening.identity is not None:
            self._opening.identity.wipe()
        self._opening = BY_ITS_OWN

    def _forget(self) -> None:
        if self._prepared is not None:
            self._prepared.wipe()
        self._prepared = None


def _can_be_taken(prepared: PreparedImport | None) -> bool:
    return (
        prepared is not None
        and bool(prepared.plan.credentials)
        and (prepared.skip_bad or not prepared.plan.bad)
    )


def _may_be_an_export(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv", ".txt", ".json", ".xml", ".1pux", ".kdbx", ".age"))

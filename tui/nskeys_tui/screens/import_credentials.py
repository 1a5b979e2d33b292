"""Import: the file, the plan and its reasons, the work, and what was left out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import PlanOutdated
from nskeys.model.credentials import CredentialKind
from nskeys.model.imports import ImportReport, ImportWishes
from nskeys.ports import Progress, Stage
from nskeys.services.credentials.importer import PreparedImport
from nskeys.services.user_files import read_export
from nskeys.wording.fields import kind_help
from nskeys.wording.imports import (
    FORMATS,
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
from nskeys_tui.dialogs.questions import ChoiceDialog, LineDialog
from nskeys_tui.presenters.own_folder import own_folder
from nskeys_tui.screens.import_rows import (
    COLUMNS,
    ImportRows,
    plan_about,
    plan_cells,
    plan_renamed,
    plan_total,
    report_about,
    report_cells,
    report_total,
)
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import WizardScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.table.table import CredentialTable

Pairs = tuple[tuple[str, str], ...]

_BROWSE, _TYPE, _BY_GROUP = "browse", "type", "by_group"


class ImportScreen(WizardScreen):
    """Imports all rows in one transaction, or none."""

    NAME = "Import"
    HELP = (
        "Another program's export becomes credentials, each sealed at once. The kind of each follows from "
        "a word in the name of its group or folder; k chooses one for all. One row that cannot be taken "
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
        Binding("enter", "leave", "Go on", priority=True, tooltip="Leave the import"),
        Binding("k", "kind", "Kind", tooltip="Choose the kind of every row"),
        Binding("s", "skip", "Skip bad", tooltip="Leave out rows that cannot be taken, or not"),
        Binding("l", "left_out", "Left out", tooltip="Take rows that look deleted, are empty or changed"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._path = ""
        self._wishes = ImportWishes()
        self._prepared: PreparedImport | None = None
        self._listed: tuple[CredentialTable, Callable[[int], Pairs]] | None = None
        """The table that is shown, and a row of it in full."""

    def on_mount(self) -> None:
        self._show_ways()

    def on_unmount(self) -> None:
        """Wipe every secret that was read."""
        self._forget()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        prepared = self._prepared
        if action == "import":
            return self.step == "plan" and _can_be_taken(prepared)
        if action == "leave":
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
            browser = FileBrowser("An export", own_folder(), wanted=_may_be_an_export)
            path = await self.app.push_screen_wait(browser)
            self._path = "" if path is None else str(path)
        else:
            typed = await self.app.push_screen_wait(LineDialog("Export", "", "File", self._path))
            self._path = (typed or "").strip()
        if self._path:
            await self._make_plan()

    # --- the plan ----------------------------------------------------------------------------------------

    async def _make_plan(self) -> None:
        """Read the file and plan again. It is read each time, so that its secrets are held in one place
        only."""

        def run(progress: Progress) -> PreparedImport:
            progress.stage(Stage.LOOKING)
            data = read_export(self._path)
            progress.checkpoint()
            return self.session.services.imports.plan(self._path, data, self.session.secrets, self._wishes)

        outcome = await self.session.work("Read the export", run, (Stage.LOOKING,))
        if outcome.value is None:
            await self.tell(outcome.error)
            return
        self._forget()
        self._prepared = outcome.value
        await self._show_plan()

    async def _show_plan(self) -> None:
        prepared = self._prepared
        if prepared is None:
            return
        plan = prepared.plan
        bad = bad_words(plan, skipped=prepared.skip_bad) if plan.credentials else NOTHING_TO_TAKE
        await self._show_list(
            "plan",
            "what would become what",
            (
                (f"{plan_line(plan)} {states_line(plan)}", ""),
                (kinds_line(plan, chosen=self._wishes.kind is not None), ""),
                (f"! {bad}" if bad else "", "warning"),
                (left_out_line(plan.left_out, by_key=True), "warning"),
                (changes_line(plan_renamed(plan), plan.dropped), "quiet"),
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

    def action_back(self) -> None:
        """Go back from the plan to the choice of a file; from there, and when it is done, leave."""
        if self.step == "plan":
            self._forget()
            self._show_ways()
        else:
            self.dismiss()

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
    return name.lower().endswith((".csv", ".tsv", ".txt", ".json", ".xml", ".1pux"))

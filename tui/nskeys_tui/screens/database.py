"""The database half: every copy of the rows, how far each was proven, who can open it, and a new one."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.database_plans import DatabaseCopyPlan, DatabaseCopyReport
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.register import CopyStatus
from nskeys.ports import Progress, Stage
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import place_brief
from nskeys.wording.database_copies import copied_lines, copy_proof_name
from nskeys.wording.database_list import (
    COPY_NOW,
    COPY_TITLE,
    DECIDING_LOOKED_AT,
    EVERY_DESTINATION,
    NO_COPIES_YET,
    copy_facts,
    copy_plan_lines,
    database_proof_ago,
    openers,
    openers_words,
    why_it_does_not_count,
)
from nskeys.wording.declared_screen import checked_about, checked_facts, declared_words
from nskeys.wording.destinations import location_name
from nskeys.wording.register import LOOKING, look_words, seen_word
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import day
from nskeys_tui.dialogs.questions import ChoiceDialog, ConfirmDialog, FactsDialog, MessageDialog
from nskeys_tui.screens.copies_list import CopiesList
from nskeys_tui.screens.database_acts import check_backup, declare_backup, move_database, withdraw_backup
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import show_done
from nskeys_tui.widgets.choice_list import Choice
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable

_EVERYWHERE = "/everywhere"
COPY_STAGES = (
    Stage.KEEPING_APART,
    Stage.COPYING_ROWS,
    Stage.COMPARING_ROWS,
    Stage.OPENING_PARTS,
    Stage.WRITING,
    Stage.RECORDING,
)


class DatabaseScreen(CopiesList):
    """Lists the database copies; makes one, drills one, and keeps what is declared of other backups."""

    NAME = "Database"
    HELP = (
        "Every copy of the credentials' rows, and where it is. Its number is that of the last change it "
        "holds. A copy counts when it lies elsewhere, was opened once, was good when last looked at, and a "
        "key backup elsewhere opens it. Where somebody else backs the database up, a declares that backup; "
        "it counts once v checked a database restored from it."
    )
    COLUMNS = (
        Column("Copy", 6, 9, right=True),
        Column("Made", 10, 10, essential=False),
        Column("Rows", 4, 9, right=True),
        Column("Parts", 5, 5, right=True, essential=False),
        Column("Proof", 16, 16),
        Column("Where", 9, 9),
        Column("Seen", 11, 11, styled=True),
        Column("", 1, 1, styled=True),
    )
    EMPTY = NO_COPIES_YET
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "detail", "Show", priority=True, tooltip="Everything about this copy"),
        Binding("n", "copy", "New copy", tooltip="Make a copy of the rows as they are now"),
        Binding("d", "drill", "Drill", tooltip="Prove this copy with its key backup, restoring nothing"),
        Binding("c", "check", "Check all", tooltip="Look at every copy and write down what was seen"),
        Binding("a", "declare", "Declare", tooltip="Say that somebody else backs this database up"),
        Binding("v", "check_backup", "Verify", tooltip="Check a database restored from a declared backup"),
        Binding("M", "move", "Move", tooltip="Move the CMDB to PostgreSQL, or back to SQLite"),
        Binding("x", "withdraw", "Withdraw", tooltip="Let a declared backup count no more"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.finding:
            return False
        if action in ("detail", "drill"):
            copy = self._copy()
            drilled = copy is not None and copy.retired is None and bool(copy.parts)
            return copy is not None if action == "detail" else drilled
        if action in ("check_backup", "withdraw"):
            return self.overview is not None and bool(self.overview.declared)
        return super().check_action(action, parameters)

    # --- showing -----------------------------------------------------------------------------------------

    def show_overview(self, overview: Overview, *, looked: bool) -> None:
        copies = overview.databases
        parts = [safe(overview.cmdb), count(len(copies), "copy")]
        if overview.declared:
            parts.append(declared_words(overview.declared, overview.taken, overview.database_check_days))
        if copies:
            parts.append(DECIDING_LOOKED_AT if looked else LOOKING)
        self.say(*parts)
        self.show_rows([Row(str(n), copy_cells(copy), copy_style(copy)) for n, copy in enumerate(copies)])

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return whether it counts, who opens it, and where it is."""
        copy, overview = self._copy(key), self.overview
        if copy is None or overview is None:
            return ()
        if copy.declared:
            return checked_about(copy, overview.taken)
        reason = why_it_does_not_count(copy, overview)
        proof = f"does not count: it {reason}" if reason else database_proof_ago(copy, overview.taken)
        return (
            ("Proof", proof),
            ("Seen", look_words(copy, overview.taken)),
            ("Opens with", openers_words(openers(copy, overview.copies))),
            ("Where", location_name(copy.where)),
            ("In", safe(copy.destination)),
        )

    def _copy(self, key: str | None = None) -> DatabaseCopy | None:
        """Return the copy of a row; without a key, of the one under the cursor."""
        key = self.row_key if key is None else key
        copies = self.overview.databases if self.overview is not None else ()
        return copies[int(key)] if key is not None and int(key) < len(copies) else None

    # --- one copy ----------------------------------------------------------------------------------------

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        message.stop()
        copy, overview = self._copy(message.key), self.overview
        if copy is not None and overview is not None:
            facts = checked_facts if copy.declared else copy_facts
            self.app.push_screen(FactsDialog(self.NAME, facts(copy, overview)))

    @work(exclusive=True, group="act")
    async def action_drill(self) -> None:
        """Drill the copy with the newest key backup beside it that opens it."""
        copy = self._copy()
        if copy is None:
            return
        part = partial(self.session.services.destinations.file_at, copy.destination, copy.parts[0].name)
        address = await self.session.quickly(part)
        if isinstance(address, NskeysError):
            await self.tell(address)
        else:
            self.app.push_screen(DrillScreen(self.session, address))

    # --- somebody else's ---------------------------------------------------------------------------------

    @work(exclusive=True, group="act")
    async def action_declare(self) -> None:
        """Declare somebody else's backup."""
        await declare_backup(self, self.session)
        self.load()

    @work(exclusive=True, group="act")
    async def action_check_backup(self) -> None:
        """Check what was restored from one."""
        await check_backup(self, self.session)
        self.load()

    @work(exclusive=True, group="act")
    async def action_withdraw(self) -> None:
        """Withdraw what was declared of somebody else's backup."""
        await withdraw_backup(self, self.session)
        self.load()

    @work(exclusive=True, group="act")
    async def action_move(self) -> None:
        """Move the CMDB to another database."""
        await move_database(self, self.session)
        self.load()

    # --- a new one ---------------------------------------------------------------------------------------

    @work(exclusive=True, group="act")
    async def action_copy(self) -> None:
        """Plan, ask, and make a copy."""
        to = await self._places()
        if not to:
            return
        services = self.session.services
        plan = await with_server_access(self, self.session, lambda: services.database.plan(to), _problems)
        if isinstance(plan, NskeysError):
            await self.tell(plan)
            return
        question = ConfirmDialog(
            COPY_TITLE, *copy_plan_lines(plan), yes=COPY_NOW, no="No, not now", harmless=True
        )
        if await self.app.push_screen_wait(question):
            await self._make(plan)

    async def _places(self) -> Sequence[str]:
        """Return where the copy goes: where backups go, or what a person chooses of several; nothing for
        Esc."""
        places = await self.session.quickly(self.session.services.backup.everywhere)
        if isinstance(places, NskeysError):
            await self.tell(places)
            return ()
        if len(places) == 1:
            return places
        choices = [Choice(place, safe(place)) for place in places]
        every = Choice(_EVERYWHERE, EVERY_DESTINATION)
        chosen = await self.app.push_screen_wait(ChoiceDialog(COPY_TITLE, (), (*choices, every)))
        if chosen is None:
            return ()
        return places if chosen == _EVERYWHERE else (chosen,)

    async def _make(self, plan: DatabaseCopyPlan) -> None:
        def run(progress: Progress) -> DatabaseCopyReport:
            return self.session.services.database.execute(plan, self.session.secrets, progress)

        outcome = await self.session.work(COPY_TITLE, run, (Stage.UNLOCKING, *COPY_STAGES))
        report = outcome.value
        if report is None:
            if outcome.error is not None and not isinstance(outcome.error, Cancelled):
                await self.tell(outcome.error)
            return
        if report.whole and not report.unflushed:
            show_done(self.app, *copied_lines(report))
        else:
            self.app.push_screen(MessageDialog(COPY_TITLE, *copied_lines(report)))
        self.load()


def _problems(plan: DatabaseCopyPlan) -> tuple[NskeysError, ...]:
    return tuple(failure.error for failure in plan.failures)


def copy_cells(copy: DatabaseCopy) -> tuple[str, ...]:
    """Return the change it holds, the day it was made, its credentials and parts, proof, place, status, and
    a mark for a problem."""
    return (
        number(copy.copy.number),
        day(copy.copy.created),
        number(copy.copy.credentials),
        number(len(copy.parts)),
        copy_proof_name(copy.proof),
        place_brief(copy.where),
        seen_word(copy),
        "!" if copy_style(copy) == "warning" else "",
    )


def copy_style(copy: DatabaseCopy) -> str:
    """Return `warning` for a copy that should count and does not, `quiet` for a retired one."""
    if copy.retired is not None:
        return "quiet"
    well = copy.signed and copy.status is CopyStatus.GOOD and not copy.copy.covers_nothing
    return "" if well else "warning"

"""Custodians: their state, new sheets, and the check of every share."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys import files
from nskeys.errors import NskeysError
from nskeys.model.custodians import CheckReport, Share, Split, SplitPlan
from nskeys.ports import Progress, Stage
from nskeys.services.flows.actions import Action
from nskeys.services.flows.custodians import CustodiansFlow, CustodiansStep
from nskeys.services.recovery.sheet_files import in_memory, write_sheets
from nskeys.wording.custodians import (
    BACK_UP_NOW,
    COPY_IT,
    FOLDER_HELP,
    HAND_OVER,
    IN_FILES,
    LEAVE,
    LEFT,
    MEANS,
    ON_DISK,
    OTHER_NUMBERS,
    PLACE_IN_MEMORY,
    THEN_CHECK,
    check_lines,
    files_line,
    needed_words,
    plan_lines,
    share_name,
    split_numbers,
    split_problem,
    split_title,
    state_rows,
)
from nskeys.wording.flows import CUSTODIANS_ACTS
from nskeys.wording.page import page_html
from nskeys.wording.recovery import NOT_CHECKED
from nskeys.wording.share_sheets import qr_lines, sheet_lines, sheet_name, sheet_page
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.file_browser import is_no_file
from nskeys_tui.dialogs.qr_code import BELOW, QrCodeScreen
from nskeys_tui.dialogs.questions import ConfirmDialog, Line, LineDialog
from nskeys_tui.presenters.flows import Pairs, custodians_so_far
from nskeys_tui.presenters.look import wants_ascii
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import FlowScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts

_NUMBERS = ((5, 3), (3, 2), (7, 4), (2, 2))
_OTHER, _HERE, _FILES = "other", "here", "files"
_MAKING = (Stage.MAKING_IDENTITY, Stage.TRYING_IDENTITY, Stage.UNLOCKING)
_PROVING = (Stage.TRYING_IDENTITY, Stage.UNLOCKING)


class CustodiansScreen(FlowScreen[CustodiansFlow]):
    """Shows each sheet to its custodian alone, and removes it before the next one's turn."""

    NAME = "Custodians"
    ACT_WORDS = CUSTODIANS_ACTS
    HELP = (
        "Several people who open the backups together: each has a sheet with the words of a share, and so "
        "many of them as you choose are needed. New sheets count for nothing before every share was typed "
        "in again; until then the ones before stay in force. Old sheets go on opening the backups of their "
        "time."
    )
    ACTS: ClassVar = {
        **FlowScreen.ACTS,
        "split": Action.SPLIT,
        "check": Action.CHECK,
        "code": Action.CODE,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("n", "split", "New sheets", tooltip="Make new shares, and a sheet for each custodian"),
        Binding("c", "check", "Check", tooltip="Prove every share: each custodian types the words in"),
        Binding("b", "back_up", "Back up", tooltip="Make the first backup that they open together"),
        Binding("v", "code", "View code", tooltip="Show the words as a code to scan"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, CustodiansFlow())
        self._split: Split | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "code" and not self._can_draw:
            return False
        return super().check_action(action, parameters)

    def entered(self, flow: CustodiansFlow) -> None:
        """Wipe the shares when no sheet is shown any more."""
        if not flow.holds_shares:
            self._forget()

    def on_unmount(self) -> None:
        """Wipe the shares when the app is left."""
        self._forget()

    def _forget(self) -> None:
        if self._split is not None:
            self._split.shares.wipe()
            self._split = None

    @property
    def unsaved(self) -> bool:
        """Whether sheets are shown: they are not shown again."""
        return self.flow.step in (CustodiansStep.HANDOVER, CustodiansStep.SHEET)

    @property
    def leave_question(self) -> tuple[str, ...]:
        """The question about leaving the sheets."""
        return (LEAVE, LEFT)

    @property
    def so_far(self) -> Pairs:
        return custodians_so_far(self.flow)

    # --- the steps -----------------------------------------------------------------------------------

    async def at(self, flow: CustodiansFlow) -> CustodiansFlow | None:
        match flow.step:
            case CustodiansStep.LOOKING:
                return await self._look(flow)
            case CustodiansStep.STATE:
                await self._show_state(flow)
            case CustodiansStep.NUMBERS:
                await self._show_numbers()
            case CustodiansStep.PLANNING:
                return await self._plan(flow)
            case CustodiansStep.PLAN if flow.plan is not None:
                await self._show_plan(flow.plan)
            case CustodiansStep.WHERE:
                await self._show_places()
            case CustodiansStep.SPLITTING if flow.plan is not None:
                return await self._make(flow, flow.plan)
            case CustodiansStep.CHECKING:
                return await self._check(flow)
            case _:
                await self._show_outcome(flow)
        return None

    async def _look(self, flow: CustodiansFlow) -> CustodiansFlow | None:
        state = await run_in_background(self.session.services.custodians.show)
        if not isinstance(state, NskeysError):
            return flow.looked(state)
        await self.tell(state)
        self.dismiss()
        return None

    async def _show_state(self, flow: CustodiansFlow) -> None:
        if flow.state is None:
            return
        waits = [words(f"! {NOT_CHECKED}", "warning")] if flow.state.waiting is not None else []
        rows = tuple((label.capitalize(), text) for label, text in state_rows(flow.state))
        then = "n makes new sheets." + (" c checks every share." if flow.state.to_check else "")
        await self.show(flow.step, "how things stand", *waits, Facts(rows), words(MEANS), then=then)

    async def _show_numbers(self) -> None:
        choices = [
            Choice(
                f"{shares} {needed}",
                split_title(shares, needed),
                needed_words(shares, needed),
            )
            for shares, needed in _NUMBERS
        ]
        await self.show(
            CustodiansStep.NUMBERS,
            "how many, and how many are needed",
            ChoiceList([*choices, Choice(_OTHER, "Other numbers", "2 to 16 custodians")]),
        )

    async def _plan(self, flow: CustodiansFlow) -> CustodiansFlow:
        plan = await run_in_background(
            partial(self.session.services.custodians.plan, flow.shares, flow.threshold)
        )
        return flow.failed(plan) if isinstance(plan, NskeysError) else flow.planned(plan)

    async def _show_plan(self, plan: SplitPlan) -> None:
        await self.show(
            CustodiansStep.PLAN,
            "what will be done",
            *(words(line) for line in plan_lines(plan)),
            then="Enter goes on. Nothing is made yet.",
        )

    async def _show_places(self) -> None:
        await self.show(
            CustodiansStep.WHERE,
            "where the sheets go",
            ChoiceList(
                [
                    Choice(_HERE, "Shown here", "one custodian after the other copies the words on paper"),
                    Choice(_FILES, "Files to print", "one page each, in a folder that you name"),
                ]
            ),
        )

    # --- sheets --------------------------------------------------------------------------------------

    async def _make(self, flow: CustodiansFlow, plan: SplitPlan) -> CustodiansFlow:
        folder: Path | NskeysError | None = None
        if flow.folder:
            check = self.session.services.custodians.sheets_folder
            folder = await run_in_background(partial(check, flow.folder))
        if isinstance(folder, NskeysError):
            return flow.failed(folder)

        def run(progress: Progress) -> Split:
            return self.session.services.custodians.split(plan, self.session.secrets, progress)

        outcome = await self.session.work("New sheets", run, _MAKING)
        if outcome.value is None:
            return flow.failed(outcome.ended)
        if folder is None:
            self._split = outcome.value
            return flow.made()
        with outcome.value.shares:
            files = await run_in_background(partial(_write, outcome.value, folder))
        return flow.failed(files) if isinstance(files, NskeysError) else flow.printed(tuple(files))

    @property
    def _share(self) -> Share | None:
        """The share whose sheet is shown."""
        return self._split.shares.held[self.flow.sheet - 1] if self._split is not None else None

    @property
    def _can_draw(self) -> bool:
        """Whether a QR code fits on the screen and can be drawn."""
        share = self._share
        terminal = sys.__stderr__  # sys.stderr is the app's own while it runs
        encoding = terminal.encoding if terminal is not None else "ascii"
        if share is None or wants_ascii(os.environ, encoding):
            return False
        lines = qr_lines(share)
        return len(lines) + BELOW <= self.size.height and len(lines[0]) <= self.size.width

    async def _show_outcome(self, flow: CustodiansFlow) -> None:
        """Show a sheet, or the result."""
        match flow.step:
            case CustodiansStep.HANDOVER | CustodiansStep.SHEET if self._split is not None:
                await self._show_sheet(flow, self._split)
            case CustodiansStep.PRINTED:
                await self._show_files(flow)
            case CustodiansStep.SHOWN:
                await self.show(flow.step, "every sheet was shown", words(THEN_CHECK), then=_CHECK_NOW)
            case CustodiansStep.DONE if flow.report is not None:
                first, *rest = check_lines(flow.report)
                await self.show(
                    flow.step, "done", words(first, "good"), *map(words, rest), then=BACK_UP_NOW
                )

    async def _show_sheet(self, flow: CustodiansFlow, split: Split) -> None:
        share = split.shares.held[flow.sheet - 1]
        name = share_name(share.label, flow.shares)
        if flow.step is CustodiansStep.HANDOVER:
            intro = (words(f"Next is the custodian of {name}."), words(f"! {HAND_OVER}", "warning"))
            await self.show(flow.step, name, *intro, then="Enter shows the sheet.")
        else:
            sheet = Static(Content("\n".join(sheet_lines(split.facts, share))), classes="guided--words")
            await self.show(flow.step, name, sheet, words(COPY_IT), then="Enter when it is copied.")

    async def _show_files(self, flow: CustodiansFlow) -> None:
        lies = await run_in_background(partial(in_memory, files.named_path(flow.folder)))
        on_disk = [] if lies is True else [words(f"! {ON_DISK}", "warning")]
        await self.show(
            flow.step,
            "the sheets are in files",
            words(files_line(len(flow.files), flow.folder)),
            words(f"! {IN_FILES}", "warning"),
            *on_disk,
            *(words(safe(path), "quiet") for path in flow.files),
            then=_CHECK_NOW,
        )

    async def _check(self, flow: CustodiansFlow) -> CustodiansFlow:
        def run(progress: Progress) -> CheckReport:
            return self.session.services.custodians.check(self.session.secrets, progress)

        outcome = await self.session.work("Check every share", run, _PROVING)
        return flow.failed(outcome.ended) if outcome.value is None else flow.proven(outcome.value)

    # --- keys ------------------------------------------------------------------------------------------

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        if self.flow.step is CustodiansStep.NUMBERS:
            self._choose_numbers(message.key)
        elif self.flow.step is CustodiansStep.WHERE:
            self._choose_place(message.key)

    @work(exclusive=True)
    async def _choose_numbers(self, key: str) -> None:
        if key == _OTHER:
            dialog = LineDialog("Other numbers", OTHER_NUMBERS, Line("Numbers", "5 3", check=split_problem))
            typed = await self.app.push_screen_wait(dialog)
            key = typed or ""
        numbers = split_numbers(key)
        if numbers is not None:
            self.go(self.flow.choose(*numbers))

    @work(exclusive=True)
    async def _choose_place(self, key: str) -> None:
        folder = ""
        if key == _FILES:
            dialog = LineDialog(
                "Files to print",
                IN_FILES,
                Line("Folder", PLACE_IN_MEMORY, help=FOLDER_HELP, is_path=True, wanted=is_no_file),
            )
            folder = (await self.app.push_screen_wait(dialog) or "").strip()
            if not folder:
                return
        self.go(self.flow.place(folder))

    def action_go_on(self) -> None:
        """Go on from this step."""
        self.go(self.flow.next())

    def action_split(self) -> None:
        self.go(self.flow.begin())

    def action_check(self) -> None:
        """Check every share from its sheet."""
        self.go(self.flow.check())

    def action_back_up(self) -> None:
        """Make the first backup that the custodians open."""
        self.app.push_screen(BackupScreen(self.session))

    def action_code(self) -> None:
        """Show the words as a QR code."""
        if self._share is not None:
            self.app.push_screen(QrCodeScreen(qr_lines(self._share)))

    def action_back(self) -> None:
        """Go one step back. Sheets are left only after a confirmation: they are not shown again."""
        if self.unsaved:
            self._ask_to_leave()
        else:
            self.go(self.flow.back())

    @work(exclusive=True)
    async def _ask_to_leave(self) -> None:
        question = ConfirmDialog("Leave the sheets", *self.leave_question, yes="Yes, leave", no="No, go on")
        if await self.app.push_screen_wait(question) is True:
            self.go(self.flow.back())


_CHECK_NOW = "Enter begins the check. It can be done later, too."


def _write(split: Split, folder: Path) -> list[str]:
    sheets = [
        (sheet_name(split.facts, share, "html"), page_html(sheet_page(split.facts, share)))
        for share in split.shares.held
    ]
    return write_sheets(folder, sheets)

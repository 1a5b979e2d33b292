"""The diary of drills, successful or not."""

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.diary import Diary as Told, DrillEntry
from nskeys.wording.drills import (
    EMPTY,
    backup_word,
    drill_end_words,
    entry_facts,
    failures_words,
    is_good,
    opened_words,
    result_word,
    rows_of,
    rows_word,
    unreadable_lines,
    vouched_word,
)
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import took, when
from nskeys.wording.who import who_words
from nskeys_tui.dialogs.questions import FactsDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.list_screen import ListScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.guarded import LOOKS
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable


class DiaryScreen(ListScreen):
    """Shows the lines, newest first."""

    NAME = "Diary of drills"
    HELP = (
        "Every drill that was tried: when, with which backup, how far it came, by whom and where. Unsigned "
        "is a line that this server's key does not vouch for: it was not at hand, or the line was changed."
    )
    COLUMNS = (
        Column("When", 16, 16),
        Column("Backup", 6, 6, right=True),
        Column("Rows of", 8, 10, essential=False),
        Column("Result", 16, 16, styled=True),
        Column("Opened", 6, 7, right=True, essential=False),
        Column("Who", 8, 20, essential=False),
        Column("Where", 8, 20, essential=False),
        Column("Line", 8, 8),
        Column("", 1, 1, styled=True),
    )
    EMPTY = EMPTY
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "detail", "Show", priority=True, tooltip="Everything about this drill"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._entries: tuple[DrillEntry, ...] = ()

    def on_mount(self) -> None:
        self._load()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.finding:
            return False
        if action == "detail":
            return self._entry(self.row_key) is not None
        return super().check_action(action, parameters)

    @work(exclusive=True, group=LOOKS)
    async def _load(self) -> None:
        found = await run_in_background(self.session.services.diary.read)
        if isinstance(found, NskeysError):
            await self.tell(found)
        else:
            self._show(found)

    def _show(self, told: Told) -> None:
        self._entries = told.entries
        parts = [count(len(told.entries), "drill")]
        if told.unreadable:
            parts.append(unreadable_lines(told.unreadable))
        self.say(*parts)
        self.show_rows(
            [Row(str(n), diary_cells(entry), diary_style(entry)) for n, entry in enumerate(told.entries)]
        )

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return what opened, and what did not."""
        entry = self._entry(key)
        return () if entry is None else diary_about(entry)

    def _entry(self, key: str | None) -> DrillEntry | None:
        return self._entries[int(key)] if key is not None and int(key) < len(self._entries) else None

    def action_detail(self) -> None:
        self.query_one(CredentialTable).action_choose()

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        message.stop()
        entry = self._entry(message.key)
        if entry is not None:
            self.app.push_screen(FactsDialog("Drill", entry_facts(entry)))


def diary_cells(entry: DrillEntry) -> tuple[str, ...]:
    """Return when, backup, whose rows, result, opened, who, where, whether it is signed, and a mark."""
    tried = entry.reached is not None
    return (
        when(entry.began),
        backup_word(entry),
        rows_word(entry),
        result_word(entry),
        number(entry.opened) if tried else "",
        safe(entry.actor.login_user or entry.actor.user),
        safe(entry.host),
        vouched_word(entry),
        diary_mark(entry),
    )


def diary_mark(entry: DrillEntry) -> str:
    """Return `!` for a drill that failed or left something closed, and for an unsigned line."""
    return "" if is_good(entry) and entry.signed else "!"


def diary_style(entry: DrillEntry) -> str:
    """Return `warning` for a line with a mark."""
    return "warning" if diary_mark(entry) else ""


def diary_about(entry: DrillEntry) -> tuple[tuple[str, str], ...]:
    """Return the facts of a line below the table, the most important first, because there may be no room
    for all."""
    result = opened_words(entry) if entry.reached is not None else drill_end_words(entry.end)
    failed = failures_words(entry)
    return (
        ("Result", f"{result}: {failed}" if failed else result),
        ("Took", f"{took(entry.seconds)}, on {safe(entry.host)}, by {who_words(entry.actor)}"),
        ("File", safe(entry.address)),
        *rows_of(entry)[:1],
    )

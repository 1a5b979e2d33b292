"""The first screen: which credentials would come back if this server died now, and the list of them."""

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from nskeys.errors import NskeysError
from nskeys.model.credential_list import CredentialOrder, SortBy
from nskeys.ports import Purpose
from nskeys.services.status.overview import Overview as Answer
from nskeys.wording.answer import (
    FOUND_NOTHING,
    LOOKING,
    OVERVIEW_NO_CREDENTIALS,
    found_words,
    rotation_words,
)
from nskeys.wording.errors import say
from nskeys.wording.keys import more_keys
from nskeys.wording.layout import ANY_FIELD
from nskeys.wording.text.terminal import safe
from nskeys_tui.presenters.keys import shown_keys
from nskeys_tui.presenters.overview import (
    ALL,
    Filter,
    answer_lines,
    cannot_tell,
    filter_named,
    filters,
    heading,
    layout_for,
    neighbour,
    room_for,
    title_facts,
)
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.rows import COLUMNS, FIRST_ORDER, CredentialRows, key_columns, key_rows
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.answer_block import AnswerBlock
from nskeys_tui.widgets.find_line import FindLine
from nskeys_tui.widgets.frame import Banner, Rule, TitleBar
from nskeys_tui.widgets.guarded import LOOKS, Guarded
from nskeys_tui.widgets.key_bar import MORE, KeyBar
from nskeys_tui.widgets.table.lines import RowLines
from nskeys_tui.widgets.table.table import CredentialTable

_MOMENT = 0.3
"""Seconds that a check may take before it is mentioned."""
_ROOM_FOR_KEYS = 14
"""Lines from which on keys and banner are shown above the list; below it the list needs them."""


class OverviewScreen(Guarded[None]):
    """Shows the answer, the keys, and the credentials."""

    HELP = (
        "A credential is recoverable when backups elsewhere, opened once and intact when last looked at, "
        "hold its key and its row. It is at risk when only this machine can open it, and lost when "
        "nothing can. Enter "
        "shows the credential under the cursor; Left and Right go through its kinds and states."
    )
    AUTO_FOCUS = "CredentialTable"
    IS_ON_FIRST_PAGE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        # In a narrow line the last of them are left out first.
        Binding("b", "go('backup')", "Back up", tooltip="Back up keys and database"),
        Binding("a", "go('add')", "Add", tooltip="Add a credential"),
        Binding("slash", "find", "Find", tooltip="Search names, targets, accounts and notes"),
        Binding("d", "go('drill')", "Drill", tooltip="Prove a backup without restoring it"),
        Binding("r", "go('restore')", "Restore", tooltip="Restore keys and rows from a backup"),
        Binding("o", "go('rotate')", "Rotate", tooltip="Make a new key and seal everything under it"),
        Binding("m", "go('menu')", "Menu", tooltip="Everything else that nskeys does"),
        Binding("y", "go('keys')", "Keys", tooltip="Every key, and which backups hold it", group=MORE),
        Binding(
            "x", "go('export')", "Export", tooltip="Write every credential to an encrypted file", group=MORE
        ),
        Binding("s", "sort", "Sort", tooltip="Sort by the next column", group=MORE),
        Binding("S", "turn", "Turn the order", tooltip="The same order, the other way round", group=MORE),
        Binding("right", "filter(1)", "Next kind", tooltip="Only the next kind, or state", group=MORE),
        Binding("left", "filter(-1)", "Previous kind", tooltip="Only the previous kind", group=MORE),
        Binding("f5", "look", "Look again", tooltip="Look at every backup again", group=MORE),
        Binding("ctrl+l", "look", show=False),
        Binding("escape", "all", show=False),
    ]

    def __init__(self, session: Session, asks: Purpose | None = None) -> None:
        """`asks`: the secret to ask for at the start of a run."""
        super().__init__()
        self._banner = session.banner
        self._session = session
        self._asks = asks
        self._answer: Answer | None = None
        self._list_filters: tuple[Filter, ...] = ()
        self._filter_name = ALL
        self._order = FIRST_ORDER
        self._rows: CredentialRows | None = None
        self._late: Timer | None = None

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield Banner(self._banner)
        yield Rule(id="looking")
        yield AnswerBlock()
        yield Rule("Keys", id="keys-rule")
        yield RowLines()
        yield Rule("Credentials", id="list-rule")
        yield FindLine(ANY_FIELD)
        yield CredentialTable(COLUMNS)
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Mark the order before the first rows arrive."""
        self.query_one(CredentialTable).mark_sort(self._order.by, self._order.descending)
        if self._asks is not None:
            # Once this screen is painted: the question stands on it and holds nothing up.
            self.call_after_refresh(self._unlock, self._asks)

    @work(group="unlock")
    async def _unlock(self, asks: Purpose) -> None:
        problem = await self._session.unlock_at_start(asks)
        if problem is not None:
            show_error(self.app, "Keys", problem)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("go", "find", "sort", "turn", "filter"):
            return not any(line.has_focus_within for line in self.query(FindLine))
        return super().check_action(action, parameters)

    # --- the answer --------------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Look again, whatever was done on another screen."""
        self.action_look()

    @work(exclusive=True, group=LOOKS)
    async def action_look(self) -> None:
        """Load the overview by the register, then with every copy checked."""
        try:
            async for status in self._session.looks.seen_by(self):
                self._show(status.overview)
                self._still_looking(looking=not status.looked)
        except NskeysError as error:
            self._still_looking(looking=False)
            self._cannot_tell(error)

    def _still_looking(self, *, looking: bool) -> None:
        """Say that copies are being checked, where that takes longer than a moment."""
        if self._late is not None:
            self._late.stop()
        rule = self._rule("looking")
        if looking:
            self._late = self.set_timer(_MOMENT, lambda: rule.say(LOOKING))
        else:
            rule.say()

    def _show(self, overview: Answer) -> None:
        self._answer = overview
        self._list_filters = filters(overview.recoverability)
        title = self.query_one(TitleBar)
        title.subject, title.facts = safe(overview.server), title_facts(overview)
        self._lay()
        self._relist()

    def _cannot_tell(self, error: NskeysError) -> None:
        self._answer = None
        self.query_one(AnswerBlock).lines = cannot_tell(error, layout_for(self.size.width))

    def on_resize(self, event: events.Resize) -> None:
        """Adapt the texts to the width, and the number of keys to the height."""
        self._lay()

    def _lay(self) -> None:
        overview = self._answer
        if overview is None:
            return
        layout, room = layout_for(self.size.width), room_for(self.size.height)
        self.query_one(AnswerBlock).lines = answer_lines(overview, layout, room)
        roomy = self.size.height >= _ROOM_FOR_KEYS
        for part in (self._rule("keys-rule"), self.query_one(RowLines)):
            part.display = roomy
        self.query_one(Banner).display = roomy and bool(self._banner)
        keys = overview.recoverability.keys
        shown = shown_keys(keys, room)
        rows = key_rows(shown, brief=layout.brief)
        self.query_one(RowLines).show(key_columns(rows), rows)
        left_out = len(keys) - len(shown)
        beside = (more_keys(left_out) if left_out else "", rotation_words(overview))
        self._rule("keys-rule").say("Keys", *filter(None, beside))
        self._head()

    def _rule(self, name: str) -> Rule:
        return self.query_one(f"#{name}", Rule)

    # --- the list ----------------------------------------------------------------------------------------

    def _head(self) -> None:
        self._rule("list-rule").say(*heading(self._list_filters, self._filter_name, self.size.width))

    def _relist(self) -> None:
        """Reload the same list."""
        if self._answer is None:
            return
        chosen = filter_named(self._list_filters, self._filter_name)
        if self._rows is None or chosen.name != self._filter_name:
            self._list(chosen)
            return
        self._rows.renew(chosen.with_text(self.query_one(FindLine).text), self._answer.recoverability)
        self.query_one(CredentialTable).reload()

    def _list(self, chosen: Filter) -> None:
        """Load another list, from its top."""
        if self._answer is None:
            return
        self._filter_name = chosen.name
        self._head()
        table, text = self.query_one(CredentialTable), self.query_one(FindLine).text
        table.empty = FOUND_NOTHING if text or chosen.name != ALL else OVERVIEW_NO_CREDENTIALS
        credentials = self._session.services.credentials
        answer = self._answer.recoverability
        self._rows = CredentialRows(credentials, chosen.with_text(text), self._order, answer)
        table.show(self._rows)

    def action_filter(self, by: int) -> None:
        """The next or the previous kind or state."""
        if self._list_filters:
            self._list(neighbour(self._list_filters, self._filter_name, by))

    def action_sort(self) -> None:
        """Sort by the next visible column."""
        sorts = self.query_one(CredentialTable).sorts
        here = sorts.index(self._order.by) if self._order.by in sorts else -1
        self._sort(CredentialOrder(SortBy(sorts[(here + 1) % len(sorts)])))

    def action_turn(self) -> None:
        self._sort(self._order._replace(descending=not self._order.descending))

    def _sort(self, order: CredentialOrder) -> None:
        self._order = order
        self.query_one(CredentialTable).mark_sort(order.by, order.descending)
        if self._list_filters:
            self._list(filter_named(self._list_filters, self._filter_name))

    @on(CredentialTable.RowsFailed)
    def _no_rows(self, message: CredentialTable.RowsFailed) -> None:
        self._rule("list-rule").say("Credentials", say(message.error).what)

    # --- finding -----------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the search line."""
        self.query_one(FindLine).open()

    def action_all(self) -> None:
        """Stop searching, and show all kinds."""
        find = self.query_one(FindLine)
        if find.text:
            find.action_close()
        elif self._filter_name != ALL and self._list_filters:
            self._list(self._list_filters[0])

    @on(FindLine.Searched)
    def _wanted(self) -> None:
        if self._list_filters:
            self._list(filter_named(self._list_filters, self._filter_name))

    @on(FindLine.Done)
    def _found(self) -> None:
        self.query_one(CredentialTable).focus()

    @on(CredentialTable.WindowMoved)
    def _moved(self, message: CredentialTable.WindowMoved) -> None:
        find = self.query_one(FindLine)
        find.found(found_words(message.total) if find.text else "")

    def commands_everywhere(self) -> Iterable[object]:
        """Return the palette's commands that work on every screen."""
        from nskeys_tui.screens.navigation import commands_everywhere

        return commands_everywhere(self.app, self._session)

    # --- other screens -----------------------------------------------------------------------------------

    def action_go(self, name: str) -> None:
        self.app.push_screen(open_screen(name, self._session))

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        from nskeys_tui.screens.credential_detail import CredentialScreen

        self.app.push_screen(CredentialScreen(self._session, message.key))

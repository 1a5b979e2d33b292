"""What did not come back: credentials to be re-entered, ticked off one by one."""

from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.re_entry import ReEntry, ReEntry as Item, ReEntryList
from nskeys.ports import Progress, Stage
from nskeys.services.user_files import save_text
from nskeys.wording.labels import kid_name, kind_name
from nskeys.wording.re_entry import (
    FILE_HELP,
    NOTHING_LEFT,
    SAVE_PROMPT,
    file_problem,
    held_word,
    held_words,
    is_csv,
    re_entry_csv,
    re_entry_heading,
    re_entry_lines,
)
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from nskeys_tui.dialogs.questions import Line
from nskeys_tui.presenters.own_folder import own_folder
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.list_screen import ListScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.session import Session, ask_line, show_done
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable


class ReEntryScreen(ListScreen):
    """Tries every credential at once, which changes nothing."""

    NAME = "Re-entry"
    HELP = (
        "These credentials do not open with the keys of this server. Where a backup holds the key, a "
        "restore brings it back. Otherwise Enter opens the credential, for its secret to be typed again, "
        "and what was re-entered leaves the list. The list is kept nowhere: it is what does not open."
    )
    COLUMNS = (
        Column("Kind", 10, 10),
        Column("Name", 14, weight=3),
        Column("Account", 14, weight=2, essential=False),
        Column("Its key", 13, 13, styled=True),
        Column("", 1, 1, styled=True),
    )
    EMPTY = "…"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "re_enter", "Re-enter", priority=True, tooltip="Type its secret again"),
        Binding("r", "restore", "Restore", tooltip="Bring the key back from the backup that is named"),
        Binding("s", "save", "Save list", tooltip="Save the list as text or as a table, without secrets"),
        Binding("f5", "again", "Try again", tooltip="Open everything again"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._found: ReEntryList | None = None
        self._looked_after: str | None = None
        self._restored = False
        self._done = 0

    def on_mount(self) -> None:
        self._collect()

    def on_screen_resume(self) -> None:
        """Look again after a credential was edited, or a restore brought other keys."""
        if self._restored:
            self._restored = False
            self.action_again()
        elif self._looked_after is not None:
            self._tick_off()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.finding:
            return False
        if action in ("re_enter", "save", "restore"):
            return self._found is not None and bool(self._found.items)
        return super().check_action(action, parameters)

    # --- showing -----------------------------------------------------------------------------------------

    @work(exclusive=True, group="load")
    async def _collect(self) -> None:
        def run(progress: Progress) -> ReEntryList:
            return self.session.services.re_entry.collect(self.session.secrets, progress)

        outcome = await self.session.work("Open every credential", run, (Stage.PROVING, Stage.LOOKING))
        if outcome.value is not None:
            self._show(outcome.value)
            return
        if self._found is None:
            self.dismiss()
        if outcome.error is not None and not isinstance(outcome.error, Cancelled):
            await self.tell(outcome.error)

    def action_again(self) -> None:
        self._done = 0
        self._collect()

    def _show(self, found: ReEntryList) -> None:
        self._found = found
        self.query_one(CredentialTable).empty = NOTHING_LEFT
        self.say(re_entry_heading(found, self._done))
        self.show_rows(
            [Row(str(n), re_entry_cells(item), re_entry_style(item)) for n, item in enumerate(found.items)]
        )

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return where its key might be, and what the credential is for."""
        item = self._item(key)
        return () if item is None else re_entry_about(item)

    def _item(self, key: str | None) -> Item | None:
        items = self._found.items if self._found is not None else ()
        return items[int(key)] if key is not None and int(key) < len(items) else None

    # --- re-entering -------------------------------------------------------------------------------------

    def action_re_enter(self) -> None:
        """Open the form with the cursor on the secret."""
        item = self._item(self.row_key)
        if item is not None:
            self._looked_after = item.credential.credential_id
            self.app.push_screen(CredentialFormScreen(self.session, item.credential, re_entered=True))

    def action_restore(self) -> None:
        """Restore from the backup that is named for this credential, after a look at it. A backup on a
        server has to be chosen by a person, because an unsigned row's address cannot be trusted."""
        item = self._item(self.row_key)
        copy = None if item is None else item.held_by or item.claimed_by
        named = copy is not None and (copy.signed or copy.address.startswith("/"))
        self._restored = True
        self.app.push_screen(
            RestoreScreen(self.session, copy.address if copy is not None and named else "")
        )

    @work(exclusive=True, group="load")
    async def _tick_off(self) -> None:
        found, credential_id = self._found, self._looked_after
        self._looked_after = None
        if found is None or credential_id is None:
            return
        service = self.session.services.re_entry
        remaining = await self.session.quickly(partial(service.without_done, found, [credential_id]))
        if isinstance(remaining, NskeysError):
            await self.tell(remaining)
            return
        self._done += len(found.items) - len(remaining.items)
        self._show(remaining)

    # --- saving ------------------------------------------------------------------------------------------

    @work(exclusive=True, group="act")
    async def action_save(self) -> None:
        """Write the list to a new file."""
        path = str(own_folder() / "re-entry.csv")
        line = Line("File", path, help=FILE_HELP, check=file_problem, is_path=True)
        saved = await ask_line(self.app, "Save the list", SAVE_PROMPT, line, self._written)
        if saved is not None:
            show_done(self.app, f"The list is in {safe(saved)}.")

    async def _written(self, path: str) -> str | NskeysError:
        found = self._found
        if found is None:
            return Cancelled()
        text = re_entry_csv(found) if is_csv(path) else "\n".join(re_entry_lines(found)) + "\n"
        return await self.session.quickly(partial(save_text, path, text))


def re_entry_cells(item: ReEntry) -> tuple[str, ...]:
    """Return kind, name, account, and where its key is; a mark where no restore can help."""
    fields = item.credential.fields
    mark = "" if item.held_by is not None else "!"
    return (kind_name(fields.kind), safe(fields.name), safe(fields.account), held_word(item), mark)


def re_entry_style(item: ReEntry) -> str:
    """Return the row's style."""
    return "warning" if item.held_by is not None else "error"


def re_entry_about(item: ReEntry) -> tuple[tuple[str, str], ...]:
    """Return the facts of one credential in full."""
    fields = item.credential.fields
    return (
        ("Key", f"{kid_name(item.credential.kid)}; {held_words(item)}"),
        ("Target", safe(fields.target)),
        ("Account", safe(fields.account)),
        ("Changed", when(item.credential.updated)),
    )

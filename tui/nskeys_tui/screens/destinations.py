"""Destinations: where backups go, whether that helps, and what prevents them."""

from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nskeys.errors import DestinationInvalid, NskeysError
from nskeys.model.schedule import Schedule
from nskeys.services.setup.destinations import DestinationStatus
from nskeys.wording.copies import place_word
from nskeys.wording.destinations import (
    ADD_HELP,
    DECLARE_HELP,
    DECLARE_LABEL,
    KEY_FILE,
    KEY_FILE_HELP,
    KEY_FILE_LABEL,
    TYPE_A_PLACE,
    declare_prompt,
    declared_words,
    location_name,
    ready_words,
    remove_question,
    scheduled_words,
)
from nskeys.wording.errors import say, say_in_app
from nskeys.wording.reports import (
    destination_default,
    destination_lines,
    destination_removed,
    destination_works,
)
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.file_browser import is_no_file
from nskeys_tui.dialogs.questions import ChoiceDialog, ConfirmDialog, Line, LineDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup_picker import backup_at, browsed_folder
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.list_screen import ListScreen
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session, show_done
from nskeys_tui.widgets.choice_list import Choice
from nskeys_tui.widgets.guarded import LOOKS
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row

_BROWSE, _TYPE = "browse", "type"
_WAYS = (Choice(_BROWSE, "Find the folder by browsing"), Choice(_TYPE, "Type where it is"))


class DestinationsScreen(ListScreen):
    """Checks and tries each destination when the screen is opened."""

    DEFAULT_CSS = "DestinationsScreen #about { height: 7; }"
    NAME = "Destinations"
    HELP = (
        "Only a backup elsewhere survives this machine. A folder on its own disk counts as elsewhere when "
        "somebody declares that its files are carried away by other means."
    )
    COLUMNS = (
        Column("Destination", 20, path=True),
        Column("Where", 9, 18),
        Column("", 7, 7, essential=False),
        Column("Backups", 9, 9, styled=True),
        Column("", 1, 1, styled=True),
    )
    EMPTY = "…"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", tooltip="Add a destination"),
        Binding("e", "declare", "Declare", tooltip="Say how its files are carried elsewhere, or not"),
        Binding("d", "default", "Default", tooltip="Make it the default for backups"),
        Binding("l", "backups", "Backups", tooltip="The backups that lie there"),
        Binding("b", "back_up", "Back up", tooltip="Make a backup"),
        Binding("t", "test", "Test", tooltip="Write something there, and remove it again"),
        Binding("f", "key_file", "Key file", tooltip="The private key to log in with"),
        Binding("x", "remove", "Remove", tooltip="Remove the destination; its backups stay"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._statuses: tuple[DestinationStatus, ...] = ()
        self._schedule: Schedule | None = None
        self._on_servers: frozenset[str] = frozenset()

    def on_mount(self) -> None:
        self._load()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.finding:
            return False
        status = self._status()
        if action in ("test", "declare", "backups", "back_up"):
            return status is not None
        if action == "default":
            return status is not None and not status.default
        if action == "key_file":
            return status is not None and status.info.address in self._on_servers
        if action == "remove":
            return status is not None and status.configured
        return super().check_action(action, parameters)

    # --- showing -----------------------------------------------------------------------------------------

    @work(exclusive=True, group=LOOKS)
    async def _load(self) -> None:
        self.say("trying each …")
        statuses = await run_in_background(self.session.services.destinations.listing)
        if isinstance(statuses, NskeysError):
            self.say()
            await self.tell(statuses)
            return
        schedule = await run_in_background(self.session.services.schedule.show)
        self._schedule = None if isinstance(schedule, NskeysError) else schedule
        self._statuses = statuses
        self._on_servers = frozenset(
            filter(self._is_on_a_server, (status.info.address for status in statuses))
        )
        rows = [
            Row(str(n), destination_cells(status), destination_style(status))
            for n, status in enumerate(statuses)
        ]
        self.say(count(len(statuses), "destination"), "each tried now")
        self.show_rows(rows)

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return why it counts as here or elsewhere, and what prevents backups to it."""
        status = self._status(key)
        return () if status is None else destination_about(status, self._schedule)

    def _status(self, key: str | None = None) -> DestinationStatus | None:
        key = self.row_key if key is None else key
        return self._statuses[int(key)] if key is not None and int(key) < len(self._statuses) else None

    # --- adding and declaring ----------------------------------------------------------------------------

    @work(exclusive=True, group="act")
    async def action_add(self) -> None:
        """Add a destination: its address, and whether its files are carried away."""
        address = await self._which_folder()
        if not address:
            return
        missing = await self.session.quickly(
            partial(self.session.services.destinations.require_folder, address)
        )
        if isinstance(missing, NskeysError):
            await self.tell(missing)
            return
        on_a_server = await run_in_background(
            partial(self.session.services.destinations.is_on_a_server, address)
        )
        if isinstance(on_a_server, DestinationInvalid):
            await self.tell(on_a_server)
            return
        # Nobody carries files away from a server; if it is this machine, that can be said later.
        declared = "" if on_a_server is True else await self._declaration(address)
        if declared is None:
            return
        status = await self.session.quickly(
            partial(self.session.services.destinations.add, address, declared)
        )
        if isinstance(status, NskeysError):
            await self.tell(status)
            return
        if status.problem is not None:
            tried = await self._tried(status.info.address)
            status = status if isinstance(tried, NskeysError) else tried
        show_done(self.app, destination_lines(status.info.address, status.where)[0])
        if status.problem is not None:
            await self.tell(status.problem)
        self._load()

    async def _tried(self, address: str) -> DestinationStatus | NskeysError:
        """Return its state after its server's questions were answered: its host key, and its secret."""
        test = partial(self.session.services.destinations.test, address)
        return await with_server_access(self, self.session, test, lambda status: (status.problem,))

    def _is_on_a_server(self, address: str) -> bool:
        try:
            return self.session.services.destinations.is_on_a_server(address)
        except NskeysError:
            return False  # what is wrong with it is said when it is used

    async def _which_folder(self) -> str:
        way = await self.app.push_screen_wait(ChoiceDialog("Add a destination", (), _WAYS))
        if way == _BROWSE:
            return await browsed_folder(self, self.session) or ""
        if way == _TYPE:
            typed = await self.app.push_screen_wait(
                LineDialog(
                    "Add a destination",
                    "",
                    Line("Destination", help=ADD_HELP, is_path=True, wanted=is_no_file, check=self._wrong),
                )
            )
            return (typed or "").strip()
        return ""

    def _wrong(self, address: str) -> str:
        """Return what is wrong with the address of a destination; empty where it can be tried."""
        if not address.strip():
            return TYPE_A_PLACE
        try:
            self.session.services.destinations.is_on_a_server(address.strip())
        except DestinationInvalid as error:
            return str(say_in_app(error))
        except NskeysError:
            pass  # told when it is tried
        return ""

    async def _declaration(self, address: str, before: str = "") -> str | None:
        line = Line(DECLARE_LABEL, before, help=DECLARE_HELP)
        words = await self.app.push_screen_wait(LineDialog("Carried away", declare_prompt(address), line))
        return None if words is None else words.strip()

    @work(exclusive=True, group="act")
    async def action_declare(self) -> None:
        """Change the declaration of a destination."""
        status = self._status()
        if status is None:
            return
        declared = await self._declaration(status.info.address, status.info.declared_elsewhere)
        if declared is None or declared == status.info.declared_elsewhere:
            return
        changed = await self.session.quickly(
            partial(self.session.services.destinations.add, status.info.address, declared)
        )
        if isinstance(changed, NskeysError):
            await self.tell(changed)
            return
        show_done(self.app, declared_words(changed.info, declared))
        self._load()

    # --- testing and forgetting --------------------------------------------------------------------------

    @work(exclusive=True, group="act")
    async def action_test(self) -> None:
        status = self._status()
        if status is None:
            return
        self.say("testing …")
        tried = await self._tried(status.info.address)
        error = tried if isinstance(tried, NskeysError) else tried.problem
        if error is not None:
            await self.tell(error)
        else:
            flushes = None if isinstance(tried, NskeysError) else tried.flushes
            show_done(self.app, destination_works(status.info.address, flushes))
        self._load()

    @work(exclusive=True, group="act")
    async def action_default(self) -> None:
        """Let backups go to this destination unless told otherwise."""
        status = self._status()
        if status is None:
            return
        chosen = await self.session.quickly(
            partial(self.session.services.destinations.make_default, status.info.address)
        )
        if isinstance(chosen, NskeysError):
            await self.tell(chosen)
            return
        show_done(self.app, destination_default(chosen.address))
        self._load()

    def action_back_up(self) -> None:
        self.app.push_screen(open_screen("backup", self.session))

    @work(exclusive=True, group="act")
    async def action_backups(self) -> None:
        """List the backups there; one of them can be inspected and drilled."""
        status = self._status()
        if status is None:
            return
        address = await backup_at(self, self.session, status.info.address)
        if address is not None:
            self.app.push_screen(DrillScreen(self.session, address))

    @work(exclusive=True, group="act")
    async def action_key_file(self) -> None:
        """Choose another key for its server."""
        status = self._status()
        if status is None:
            return
        info = status.info
        typed = await self.app.push_screen_wait(
            LineDialog(
                KEY_FILE_LABEL,
                KEY_FILE,
                Line(KEY_FILE_LABEL, info.key_file, help=KEY_FILE_HELP, is_path=True),
            )
        )
        if typed is None or typed.strip() == info.key_file:
            return
        add = self.session.services.destinations.add
        changed = await self.session.quickly(
            partial(add, info.address, info.declared_elsewhere, typed.strip())
        )
        if isinstance(changed, NskeysError):
            await self.tell(changed)
        self._load()

    @work(exclusive=True, group="act")
    async def action_remove(self) -> None:
        """Remove a destination from the configuration, after a confirmation."""
        status = self._status()
        if status is None:
            return
        question = remove_question(status.info, default=status.default)
        if not await self.app.push_screen_wait(
            ConfirmDialog("Remove a destination", *question, yes="Yes, remove it", no="No, keep it")
        ):
            return
        gone = await self.session.quickly(
            partial(self.session.services.destinations.remove, status.info.address)
        )
        if isinstance(gone, NskeysError):
            await self.tell(gone)
            return
        show_done(self.app, destination_removed(status.info.address))
        self._load()


def destination_cells(status: DestinationStatus) -> tuple[str, ...]:
    """Return address, place, whether it is the default, whether backups can go there, and a mark."""
    return (
        safe(status.info.address),
        place_word(status.where),
        "default" if status.default else "",
        "ready" if status.problem is None else "not ready",
        "!" if status.problem is not None else "",
    )


def destination_style(status: DestinationStatus) -> str:
    """Return `warning` where a backup cannot go."""
    return "" if status.problem is None else "warning"


def destination_about(
    status: DestinationStatus, schedule: Schedule | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the whole address, why it counts as here or elsewhere, what prevents backups, and whether the
    schedule uses it."""
    problem = say(status.problem).what if status.problem is not None else ""
    return (
        ("Address", safe(status.info.address)),
        ("Where", location_name(status.where)),
        ("Backups", problem or ready_words(status.where, default=status.default)),
        ("Goes there", scheduled_words(schedule, configured=status.configured)),
    )

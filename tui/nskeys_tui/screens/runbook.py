"""The runbook, to read or to save: the steps for a person who does not know this server."""

from functools import partial
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import Cancelled, NskeysError
from nskeys.services.user_files import save_text
from nskeys.wording.page import Page, page_html, page_lines
from nskeys.wording.runbook import FILE_HELP, READING, SAVE_PROMPT, file_problem, is_html, runbook_page
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import Line
from nskeys_tui.presenters.own_folder import own_folder
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.session import Session, ask_line, show_done, show_error
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

_NAME = "Runbook"
_SAVING = "Save the runbook"


class RunbookScreen(Guarded[None]):
    """Shows the runbook as it is printed, scrolling."""

    HELP = (
        "What somebody needs who was not there when this server died: which backups there are, who opens "
        "them, and what to type. There is no secret in it. s saves it: a name that ends with .html makes "
        "one file to print, with the backup's checksum as a QR code."
    )
    DEFAULT_CSS = """
    RunbookScreen {
        & #pages { padding: 0 1; }
        & #page { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", tooltip="Back to where you came from"),
        Binding("s", "save", "Save", tooltip="Write it to a file, as text or as HTML to print"),
        Binding("space", "scroll_page(1)", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._page: Page | None = None

    def compose(self) -> ComposeResult:
        yield TitleBar(_NAME)
        yield Rule()
        with Room(id="pages"):
            yield Static(id="page")
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Load it in a worker: every copy is checked for it."""
        self.query_one("#page", Static).update(Content(READING))
        self._collect()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "save":
            return self._page is not None
        return super().check_action(action, parameters)

    @work(exclusive=True)
    async def _collect(self) -> None:
        runbook = await run_in_background(self._session.services.runbook.collect)
        if isinstance(runbook, NskeysError):
            self.dismiss()
            show_error(self.app, _NAME, runbook)
            return
        self._page = runbook_page(runbook)
        self._lay()
        self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        self._lay()

    def _lay(self) -> None:
        if self._page is None:
            return
        cells = max(20, self.size.width - 3)  # a blank on both sides, and the scroll bar
        lines = page_lines(self._page, cells, whole=False)
        self.query_one("#page", Static).update(Content("\n".join(lines)))

    # --- saving ------------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def action_save(self) -> None:
        """Write it to a new file."""
        path = str(own_folder() / "runbook.html")
        line = Line("File", path, help=FILE_HELP, check=file_problem, is_path=True)
        saved = await ask_line(self.app, _SAVING, SAVE_PROMPT, line, self._written)
        if saved is not None:
            show_done(self.app, f"The runbook is in {safe(saved)}.")

    async def _written(self, path: str) -> str | NskeysError:
        page = self._page
        if page is None:
            return Cancelled()
        text = page_html(page) if is_html(path) else "\n".join(page_lines(page)) + "\n"
        return await self._session.quickly(partial(save_text, path, text))

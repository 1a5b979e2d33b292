"""The proof, credential by credential, and the list of what must be re-entered."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.plans import CredentialProof, ProofReport
from nskeys.ports import Progress, Stage
from nskeys.reasons import FailureReason
from nskeys.services.credentials.pages import CredentialPages
from nskeys.services.user_files import save_lines
from nskeys.wording.next_steps import Voice
from nskeys.wording.proofs import failure_lines, proof_sentence
from nskeys.wording.re_entry import file_problem
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import Line
from nskeys_tui.presenters.own_folder import own_folder
from nskeys_tui.presenters.restore import proof_cells, re_entry_lines
from nskeys_tui.screens.session import Session, ask_line, show_done, show_error
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable

_SAVE = "Save the list"
_COLUMNS = (
    Column("Kind", 10, 10),
    Column("Name", 16, weight=3),
    Column("Account", 14, weight=2, essential=False),
    Column("Result", 18, 18, styled=True),
    Column("", 1, 1, styled=True),
)


class _Everything:
    """Every credential with its result; only the rows near the screen are held."""

    def __init__(
        self, pages: CredentialPages, failures: dict[str, FailureReason], upto: int | None
    ) -> None:
        self._pages, self._failures, self._upto = pages, failures, upto

    def total(self) -> int:
        return self._pages.total()

    def window(self, first: int, count: int) -> Sequence[Row]:
        return [
            Row(*proof_cells(item, self._failures, self._upto)) for item in self._pages.window(first, count)
        ]


class _Failures:
    """The credentials that did not open."""

    def __init__(self, failures: Sequence[CredentialProof], reasons: dict[str, FailureReason]) -> None:
        self._failures, self._reasons = failures, reasons

    def total(self) -> int:
        return len(self._failures)

    def window(self, first: int, count: int) -> Sequence[Row]:
        shown = self._failures[first : first + count]
        return [Row(*proof_cells(item.credential, self._reasons)) for item in shown]


class ProofScreen(Guarded[None]):
    """Shows which credentials opened and which did not."""

    HELP = (
        "Every credential was tried with the keys. What did not open keeps its row: bring its key back, or "
        "enter its secret again."
    )
    AUTO_FOCUS = "CredentialTable"
    DEFAULT_CSS = """
    ProofScreen #said { height: auto; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", tooltip="Back to where you were"),
        Binding("f", "failed", "Failed only", tooltip="Show only what did not open, or everything"),
        Binding("e", "re_enter", "Re-enter", tooltip="Enter again what does not open here"),
        Binding(
            "s", "save", "Save list", tooltip="Save the list of what must be re-entered, without secrets"
        ),
    ]

    def __init__(
        self, session: Session, proof: ProofReport, *, title: str = "Proof", only_failures: bool = False
    ) -> None:
        super().__init__()
        self._session, self._proof, self._title = session, proof, title
        self._fixed = only_failures
        self._only_failed = bool(proof.failures)

    def compose(self) -> ComposeResult:
        """Return what is to be said, and the table below."""
        summary = () if self._fixed else (proof_sentence(self._proof),)
        yield TitleBar(self._title)
        yield Rule("credential by credential")
        yield Static(Content("\n".join((*summary, *failure_lines(self._proof, Voice.KEY)))), id="said")
        yield CredentialTable(_COLUMNS, empty="There are no credentials.")
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the failures first, if there are any."""
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return a list of failures needs failures."""
        if action in ("failed", "save", "re_enter"):
            return bool(self._proof.failures) and not (action == "failed" and self._fixed)
        return super().check_action(action, parameters)

    def _show(self) -> None:
        reasons = {
            item.credential.credential_id: item.failure
            for item in self._proof.failures
            if item.failure is not None
        }
        table = self.query_one(CredentialTable)
        if self._only_failed:
            table.show(_Failures(self._proof.failures, reasons))
        else:
            pages = self._session.services.credentials.pages(CredentialFilter(), CredentialOrder())
            table.show(_Everything(pages, reasons, self._proof.upto))

    def action_failed(self) -> None:
        """Show only the failures, or all."""
        self._only_failed = not self._only_failed
        self._show()

    def action_re_enter(self) -> None:
        """Open the list of what must be re-entered here. A drill's proof used the keys of its backup, so
        the list is made anew with the keys of this server."""
        from nskeys_tui.screens.re_entry import ReEntryScreen

        self.app.push_screen(ReEntryScreen(self._session))

    @work(exclusive=True)
    async def action_save(self) -> None:
        """Write the list to a new file; ask again until that works or is given up."""
        about = self._session.services.about
        lines = re_entry_lines(self._proof.failures, about.settings().server_name, about.now())

        async def write(path: str) -> str | NskeysError:
            return await self._session.quickly(partial(save_lines, path, lines))

        prompt = "Kind, name, target and account of what must be re-entered. No secrets."
        line = Line("File", str(own_folder() / "re-enter.txt"), check=file_problem, is_path=True)
        saved = await ask_line(self.app, _SAVE, prompt, line, write)
        if saved is not None:
            show_done(self.app, f"The list is in {safe(saved)}.")


_NAME = "Verify"


class VerifyScreen(Guarded[None]):
    """Verifies at once, because it changes nothing; leads to the list, and from there back."""

    HELP = (
        "Every credential is opened with the keys of this server. Nothing is changed, no secret is shown."
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        yield TitleBar(_NAME)
        yield Rule("every credential, with the keys of this server")
        yield KeyBar()

    def on_mount(self) -> None:
        self._run()

    @work(exclusive=True)
    async def _run(self) -> None:
        def run(progress: Progress) -> ProofReport:
            return self._session.services.verify.execute(self._session.secrets, progress)

        outcome = await self._session.work("Open every credential", run, (Stage.PROVING,))
        if outcome.value is not None:
            await self.app.push_screen_wait(ProofScreen(self._session, outcome.value, title=_NAME))
        self.dismiss()
        if outcome.error is not None and not isinstance(outcome.error, Cancelled):
            show_error(self.app, _NAME, outcome.error)

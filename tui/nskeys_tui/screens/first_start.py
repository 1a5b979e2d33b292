"""The first start: what is in the home, and the choices."""

from collections.abc import Iterator
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import KeyStoreUnreached, NskeysError
from nskeys.model.plans import FirstSight, HomeState
from nskeys.services.flows.first_start import FirstStart, FirstStart as Flow, FirstStep, Way
from nskeys.wording.first_start import (
    CMDB_HELP,
    DRILL,
    LOOK,
    NEW_INSTALLATION,
    NO_BACKUP_REMEMBERED,
    OFFER,
    OFFER_NO,
    OFFER_YES,
    ONLY_THE_REGISTER,
    OTHER_CMDB,
    OTHER_CMDB_PROMPT,
    RESTORE,
    RESTORE_ANOTHER,
    TRY_AGAIN,
    cmdb_used,
    first_sight,
    first_title,
    go_on_without,
    restore_remembered,
    set_up_sentence,
)
from nskeys.wording.passwords import weak_line
from nskeys.wording.reports import protector_sentence
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import ChoiceDialog, Line
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.new_installation import NewInstallationScreen
from nskeys_tui.screens.session import Session, ask_line, show_done, show_error
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import LOOKS, Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room


class FirstStartScreen(Guarded[None]):
    """Shown until there are keys; then the first screen replaces it."""

    AUTO_FOCUS = ""
    HELP = (
        "Keys open credentials, and here are none yet. A new installation makes the first one. A restore "
        "brings the keys of this server back from a backup, and the rows of its database, the CMDB, from "
        "the copy beside it. Where the keys of another machine are here, those of a backup take their "
        "place. A drill tries a backup and its copy, and restores nothing. Nothing is changed before you "
        "have seen what would be done."
    )
    DEFAULT_CSS = """
    FirstStartScreen {
        & Room { padding: 1 1 0 1; }
        & #words { height: auto; margin: 0 0 1 0; }
    }
    """

    def __init__(self, session: Session, status: FirstSight) -> None:
        super().__init__()
        self._session = session
        self._flow = Flow(status)

    def compose(self) -> ComposeResult:
        """Return what is there, and the ways to go on."""
        yield TitleBar(first_title(self._flow.status))
        yield Rule()
        with Room():
            yield Static(id="words")
            yield ChoiceList(())
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what was found before this screen was opened."""
        self._show(self._flow)
        # What stands above the ways stays in sight: the mark is scrolled to, not the end of the list.
        choices = self.query_one(ChoiceList)
        choices.focus(scroll_visible=False)
        self.call_after_refresh(choices.bring_into_view)

    def _show(self, flow: Flow) -> None:
        self._flow = flow
        if flow.step is FirstStep.READY:
            self._leave()
            return
        title = self.query_one(TitleBar)
        title.subject, title.facts = first_title(flow.status), safe(flow.status.home)
        self.query_one("#words", Static).update(Content("\n".join(first_start_words(flow))))
        self.query_one(ChoiceList).show([Choice(*choice) for choice in first_start_choices(flow)])

    # --- what is there -----------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Look again: something may have been restored meanwhile. A form is left alone."""
        if self._flow.step is FirstStep.CHOOSING:
            self._look()

    @work(exclusive=True, group=LOOKS)
    async def _look(self) -> None:
        status = await self._session.quickly(lambda: self._session.services.set_up.look_closely())
        if isinstance(status, NskeysError):
            show_error(self.app, first_title(self._flow.status), status)
        elif status != self._flow.status and self._flow.step is FirstStep.CHOOSING:
            self._show(self._flow.seen(status))

    @work(exclusive=True, group="act")
    async def _look_again(self) -> None:
        """Look again and report what is found, because somebody asked."""
        status = await self._session.quickly(lambda: self._session.services.set_up.look_closely())
        if isinstance(status, NskeysError):
            show_error(self.app, first_title(self._flow.status), status)
        elif status.unreached is not None:
            show_error(self.app, first_title(status), KeyStoreUnreached("tpm2", status.unreached))
        else:
            self._show(self._flow.seen(status))

    def _leave(self, then: str = "") -> None:
        """Go to the first screen, and from there to another one."""
        from nskeys_tui.screens.overview import OverviewScreen

        self.app.switch_screen(OverviewScreen(self._session))
        if then:
            self.app.push_screen(open_screen(then, self._session))

    # --- ways to go on -----------------------------------------------------------------------------------

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        if message.key in tuple(Way):
            self._flow = self._flow.choose(Way(message.key))
            self._go()
        else:
            self._restore(message.key)

    def _go(self) -> None:
        if self._flow.step is FirstStep.READY:
            self._leave()
        elif self._flow.step is FirstStep.FORM:
            self._set_up()
        elif self._flow.way is Way.OTHER_CMDB:
            self._other_cmdb()
        elif self._flow.way is Way.DRILL:
            self._drill()
        elif self._flow.way is Way.AGAIN:
            self._look_again()
        else:
            self._restore()

    def _drill(self) -> None:
        from nskeys_tui.screens.drill import DrillScreen

        self.app.push_screen(DrillScreen(self._session))

    def _restore(self, address: str = "") -> None:
        from nskeys_tui.screens.restore import RestoreScreen

        self.app.push_screen(RestoreScreen(self._session, address))

    @work(exclusive=True, group="act")
    async def _set_up(self) -> None:
        flow = await self.app.push_screen_wait(NewInstallationScreen(self._session, self._flow))
        self._flow = flow if flow is not None else self._flow.back()
        report = self._flow.report
        if self._flow.step is not FirstStep.OFFER or report is None:
            self._show(self._flow)
            return
        paragraphs = (
            set_up_sentence(report.server),
            protector_sentence(report.protector),
            *weak_line(report.weak, "passphrase"),
            OFFER,
        )
        self.query_one("#words", Static).update("")  # nothing is set up, it says, and that is no longer so
        self.query_one(ChoiceList).show(())
        offered = Choice("backup", *OFFER_YES), Choice("", *OFFER_NO)
        answer = await self.app.push_screen_wait(ChoiceDialog("Back up now?", paragraphs, offered))
        self._leave(answer or "")

    @work(exclusive=True, group="act")
    async def _other_cmdb(self) -> None:
        title, _ = OTHER_CMDB

        async def use(address: str) -> FirstSight | NskeysError:
            return await self._session.quickly(partial(self._session.use_cmdb, address))

        line = Line("CMDB", help=CMDB_HELP, is_path=True)
        status = await ask_line(self.app, title, OTHER_CMDB_PROMPT, line, use)
        if status is not None:
            self._show(self._flow.seen(status))
            show_done(self.app, cmdb_used(status))


_REMEMBERED = 2
"""How many copies are offered at once; a restore lists all."""


def first_start_words(flow: FirstStart) -> tuple[str, ...]:
    """Return what is said above the choices."""
    status = flow.status
    away = status.state in (HomeState.ELSEWHERE, HomeState.UNREACHED)
    if not away and not status.credentials and not status.remembered:
        return first_sight(status)
    return (*first_sight(status), ONLY_THE_REGISTER if flow.remembered else NO_BACKUP_REMEMBERED)


def first_start_choices(flow: FirstStart) -> tuple[tuple[str, str, str], ...]:
    """Return the choices, each under its token; a backup in the register under its address."""
    return tuple(choice for way in flow.ways for choice in _choices(flow, way))


def _choices(flow: FirstStart, way: Way) -> Iterator[tuple[str, str, str]]:
    match way:
        case Way.RESTORE_REMEMBERED:
            yield from ((copy.address, *restore_remembered(copy)) for copy in flow.remembered[:_REMEMBERED])
        case Way.NEW:
            yield (way, *NEW_INSTALLATION)
        case Way.RESTORE:
            yield (way, *(RESTORE_ANOTHER if flow.remembered else RESTORE))
        case Way.DRILL:
            yield (way, *DRILL)
        case Way.OTHER_CMDB:
            yield (way, *OTHER_CMDB)
        case Way.AGAIN:
            yield (way, *TRY_AGAIN)
        case Way.LOOK:
            yield (way, *LOOK)
        case Way.WITHOUT_KEYS:
            yield (way, *go_on_without(flow.status.credentials))

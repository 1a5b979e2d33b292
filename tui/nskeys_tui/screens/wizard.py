"""Guided screens: a title, the current step, and its keys; a flow decides which step comes next."""

from collections.abc import Mapping, Set
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nskeys.errors import NskeysError
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route
from nskeys.wording.flows import SO_FAR, Acts, stop_names
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.choice_list import ChoiceList
from nskeys_tui.widgets.facts import Facts, Pairs, laid
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room


class WizardScreen(Guarded[None]):
    """One operation, step by step. Subclasses show one step at a time with `show`."""

    DEFAULT_CSS = """
    WizardScreen {
        & #step { padding: 1 1 0 1; }
        & #then { height: auto; padding: 0 1; }
        & #decided { padding: 0 1; }
        & .guided--words { height: auto; margin: 0 0 1 0; }
        & #step Facts { margin: 0 0 1 0; }
        & #step ChoiceList { margin: 0 0 1 0; }
        & #step > :last-child { margin: 0; }
        & .guided--good { color: $success; text-style: bold; }
        & .guided--warning { color: $warning; }
        & .guided--quiet { text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="One step back; from the first one, leave"),
    ]
    NAME: ClassVar[str] = ""
    """The title above every step."""
    ACT_WORDS: ClassVar[Acts] = MappingProxyType({})
    """What Enter does at each step, in a word or two."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._step = ""

    def compose(self) -> ComposeResult:
        """Return the frame, and room for the step."""
        yield TitleBar(self.NAME)
        yield Rule()
        yield Room(id="step")
        yield Rule(SO_FAR, id="so-far")
        yield Facts(id="decided")
        yield Static(id="then")
        yield Rule()
        yield KeyBar()

    @property
    def step(self) -> str:
        """The step that is shown: a token of the subclass."""
        return self._step

    @property
    def act(self) -> str:
        """What Enter does at this step; empty where it does nothing."""
        return self.ACT_WORDS.get(self._step, "")

    @property
    def route(self) -> Route | None:
        """The way through the flow; None where there is none to show."""
        return None

    @property
    def so_far(self) -> Pairs:
        """What was decided before this step and is not shown by it."""
        return ()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Return the keys that work; Enter is called after what it does at this step."""
        return {key: self._called(active) for key, active in super().active_bindings.items()}

    def _called(self, active: ActiveBinding) -> ActiveBinding:
        if active.binding.action != "go_on" or not self.act:
            return active
        return active._replace(binding=replace(active.binding, description=self.act))

    async def show(self, step: str, heading: str, *widgets: Widget, then: str = "") -> None:
        """Show one step, and focus its first focusable widget. `then` says what a key does next; it stays
        visible however long the step is. A screen that was left meanwhile shows nothing."""
        self._step = step
        if not self._is_whole:
            return
        self._say_where(heading)
        room = self.query_one("#step", Room)
        await room.remove_children()
        if not self._is_whole:
            return
        await room.mount(*widgets)
        if not self._is_whole:
            return
        self._make_room()
        self.query_one("#then", Static).update(Content(then))
        self.query_one("#then", Static).display = bool(then)
        room.scroll_home(animate=False)
        for widget in room.query("*"):
            if widget.focusable:
                # A list that is longer than the screen is scrolled to its mark, and not to its end.
                widget.focus(scroll_visible=False)
                if isinstance(widget, ChoiceList):
                    self.call_after_refresh(widget.bring_into_view)
                break
        else:
            self.set_focus(None)
        self.refresh_bindings()

    def _say_where(self, heading: str) -> None:
        """Say at which step of its way the flow is, and what was decided before."""
        rule, title, route = self.query(Rule).first(), self.query_one(TitleBar), self.route
        if route is None:
            title.facts = ""
            rule.say(heading)
        else:
            title.facts, rule.steps = heading, stop_names(route)
        self._show_decided(full=False)

    def _make_room(self) -> None:
        """Show what was decided before: in a line, and in full where the step leaves room for it."""
        if self._is_whole:
            self._show_decided(full=False)
            self.call_after_refresh(self._fill_room)

    @property
    def _is_whole(self) -> bool:
        """Whether its parts are there: a screen that is coming or going may be asked for its room too."""
        return all(
            self.query(part) for part in ("Rule", "TitleBar", "#step", "#so-far", "#decided", "#then")
        )

    def _fill_room(self) -> None:
        if not self._is_whole:
            return
        room = self.query_one("#step", Room)
        if not room.children:  # between two steps, when nobody knows what the next one needs
            return
        left = room.size.height - max((part.virtual_region.bottom for part in room.children), default=0)
        pairs = tuple(self.so_far)
        more = len(laid(pairs, self.size.width - 2)) + 1  # the rule above it
        if len(pairs) > 1 and left >= more:
            self._show_decided(full=True)

    def _show_decided(self, *, full: bool) -> None:
        pairs = tuple(self.so_far)
        decided = self.query_one("#decided", Facts)
        decided.pairs = pairs if full else pairs[1:2] or pairs
        decided.display = bool(pairs)
        self.query_one("#so-far").display = full and bool(pairs)

    def on_resize(self) -> None:
        self._make_room()

    async def tell(self, error: NskeysError | None, title: str = "") -> None:
        """Say what went wrong, and wait until it was read."""
        await show_error(self.app, title or self.NAME, error)

    def action_back(self) -> None:
        """Leave; subclasses go a step back where there is one."""
        self.dismiss()


def words(text: str, style: str = "") -> Static:
    """Return a paragraph of safe text; `style` is `good`, `warning`, `quiet` or nothing."""
    return Static(Content(text), classes=f"guided--words guided--{style}" if style else "guided--words")


F_co = TypeVar("F_co", covariant=True)


class Flow(Protocol[F_co]):
    """A frozen value of `nskeys.services.flows`."""

    @property
    def acts(self) -> Set[Action]:
        """The actions that are possible now."""
        ...

    @property
    def problem(self) -> NskeysError | None:
        """The error that ended the last try."""
        ...

    @property
    def route(self) -> Route | None:
        """The way through it, and where it is."""
        ...

    def back(self) -> F_co | None:
        """The step before; None where going back leaves."""
        ...


F = TypeVar("F", bound=Flow[Any])


class FlowScreen(WizardScreen, Generic[F]):
    """A screen that follows a flow."""

    ACTS: ClassVar[Mapping[str, Action]] = MappingProxyType(
        {
            "go_on": Action.GO_ON,
            "password": Action.PASSWORD,
            "hint": Action.HINT,
            "name": Action.NAME,
            "back_up": Action.BACK_UP,
            "drill": Action.DRILL,
            "without": Action.SKIP,
            "proof": Action.PROOF,
            "shares": Action.SHARES,
            "identity": Action.IDENTITY,
        }
    )
    """Actions of keys, by what they do in a flow."""

    def __init__(self, session: Session, flow: F) -> None:
        super().__init__(session)
        self.flow = flow

    @property
    def route(self) -> Route | None:
        return self.flow.route

    def on_mount(self) -> None:
        self.go(self.flow)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in self.ACTS:
            return self.ACTS[action] in self.flow.acts
        return super().check_action(action, parameters)

    def go(self, flow: F | None) -> None:
        """Go to a state of the flow; None leaves."""
        if flow is None:
            self.dismiss()
        else:
            self._go(flow)

    @work(exclusive=True)
    async def _go(self, flow: F | None) -> None:
        """Go on until a person is needed."""
        while flow is not None:
            self.flow = flow
            self._mark_stop()
            self.entered(flow)
            following = await self.at(flow)
            if following is None:
                await self.tell(self.problem_of(flow))
            flow = following

    def _mark_stop(self) -> None:
        """Mark the present stop, also where a question stands on the step before."""
        if not self._is_whole:
            return
        rule = self.query(Rule).first()
        if self.route is not None and rule.steps[0]:
            rule.steps = stop_names(self.route)

    def entered(self, flow: F) -> None:
        """Release what the flow's new state no longer needs."""

    async def at(self, flow: F) -> F | None:
        """Show a step and return None; or do a step that needs nobody and return the next state."""
        return None

    def problem_of(self, flow: F) -> NskeysError | None:
        """Return what is to be said once the step is shown."""
        return flow.problem

    def action_back(self) -> None:
        """Go one step back; from the first one, leave."""
        self.go(self.flow.back())

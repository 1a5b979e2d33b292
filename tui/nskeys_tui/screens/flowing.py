"""What screens of a flow share: the flow says which step this is and what may be done, the screen shows it.

Some steps need nobody (looking, planning, the work): the screen does them and goes on. The others are
shown, and wait for a key.
"""

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from textual import work

from nskeys.errors import NskeysError
from nskeys.services.flows.actions import Act
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import WizardScreen

F_co = TypeVar("F_co", covariant=True)


class Flow(Protocol[F_co]):
    """A frozen value of `nskeys.services.flows`."""

    @property
    def acts(self) -> Set[Act]:
        """What may be done now."""
        ...

    @property
    def problem(self) -> NskeysError | None:
        """What ended the last try."""
        ...

    def back(self) -> F_co | None:
        """One step back; None where that leaves."""
        ...


F = TypeVar("F", bound=Flow[Any])


class FlowScreen(WizardScreen, Generic[F]):
    """One operation, as its flow has it."""

    ACTS: ClassVar[Mapping[str, Act]] = MappingProxyType(
        {
            "go_on": Act.GO_ON,
            "password": Act.PASSWORD,
            "hint": Act.HINT,
            "name": Act.NAME,
            "back_up": Act.BACK_UP,
            "drill": Act.DRILL,
            "without": Act.SKIP,
            "proof": Act.PROOF,
            "shares": Act.SHARES,
            "identity": Act.IDENTITY,
        }
    )
    """Actions of keys, by what they do in a flow."""

    def __init__(self, session: Session, flow: F) -> None:
        super().__init__(session)
        self.flow = flow

    def on_mount(self) -> None:
        """Begin."""
        self.go(self.flow)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that work in this step."""
        if action in self.ACTS:
            return self.ACTS[action] in self.flow.acts
        return super().check_action(action, parameters)

    def go(self, flow: F | None) -> None:
        """Come to where the flow is now; None leaves."""
        if flow is None:
            self.dismiss()
        else:
            self._go(flow)

    @work(exclusive=True)
    async def _go(self, flow: F | None) -> None:
        """On from here, as far as nobody is needed."""
        while flow is not None:
            self.flow = flow
            self.entered(flow)
            following = await self.at(flow)
            if following is None:
                await self.tell(self.problem_of(flow))
            flow = following

    def entered(self, flow: F) -> None:
        """The flow is somewhere else: what it needs no longer is let go."""

    async def at(self, flow: F) -> F | None:
        """Show a step and give None; or do what needs nobody and give what comes of it."""
        return None

    def problem_of(self, flow: F) -> NskeysError | None:
        """What is to be said once the step is shown."""
        return flow.problem

    def action_back(self) -> None:
        """One step back; from the first one, leave."""
        self.go(self.flow.back())

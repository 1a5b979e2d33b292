"""Custodians: the present state, a new split with a sheet for each, and the proof of every share.

No share is in this value: the screen holds them while sheets are shown, and wipes them after the last one.
A sheet is never shown again once it is the next custodian's turn.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.custodians import CheckReport, Custodians, SplitPlan
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop


class CustodiansStep(StrEnum):
    LOOKING = "looking"
    """How things stand is looked up; `looked` follows."""
    STATE = "state"
    NUMBERS = "numbers"
    """How many custodians, and how many of them are needed."""
    PLANNING = "planning"
    """`planned` or `failed` follows."""
    PLAN = "plan"
    WHERE = "where"
    """Whether sheets are shown here, or go into files to print."""
    SPLITTING = "splitting"
    """The work; `made`, `printed` or `failed` follows."""
    HANDOVER = "handover"
    """The screen is empty, and waits for the custodian whose sheet is next."""
    SHEET = "sheet"
    """Words to be written down."""
    PRINTED = "printed"
    """The sheets are in files."""
    SHOWN = "shown"
    """Every sheet was shown."""
    CHECKING = "checking"
    """Every share is typed in again; `proven` or `failed` follows."""
    DONE = "done"


_ACTS = {
    CustodiansStep.NUMBERS: {Action.CHOOSE, Action.BACK},
    CustodiansStep.PLAN: {Action.GO_ON, Action.BACK},
    CustodiansStep.WHERE: {Action.CHOOSE, Action.BACK},
    CustodiansStep.SPLITTING: {Action.CANCEL},
    CustodiansStep.HANDOVER: {Action.GO_ON, Action.BACK},
    CustodiansStep.SHEET: {Action.GO_ON, Action.CODE, Action.BACK},
    CustodiansStep.PRINTED: {Action.GO_ON, Action.BACK},
    CustodiansStep.SHOWN: {Action.GO_ON, Action.BACK},
    CustodiansStep.CHECKING: {Action.CANCEL},
    CustodiansStep.DONE: {Action.GO_ON, Action.BACK_UP, Action.BACK},
}


_STOPS = {
    CustodiansStep.NUMBERS: Stop.NUMBERS,
    CustodiansStep.PLANNING: Stop.PLAN,
    CustodiansStep.PLAN: Stop.PLAN,
    CustodiansStep.WHERE: Stop.PLACE,
    CustodiansStep.SPLITTING: Stop.SHEETS,
    CustodiansStep.HANDOVER: Stop.SHEETS,
    CustodiansStep.SHEET: Stop.SHEETS,
    CustodiansStep.PRINTED: Stop.SHEETS,
    CustodiansStep.SHOWN: Stop.SHEETS,
    CustodiansStep.CHECKING: Stop.CHECK,
    CustodiansStep.DONE: Stop.CHECK,
}


@dataclass(frozen=True, slots=True)
class CustodiansFlow:
    """One visit. `sheet` counts the sheets from 1."""

    step: CustodiansStep = CustodiansStep.LOOKING
    state: Custodians | None = None
    shares: int = 0
    threshold: int = 0
    plan: SplitPlan | None = None
    folder: str = ""
    """Where files go; empty where sheets are shown here."""
    sheet: int = 0
    files: tuple[str, ...] = ()
    report: CheckReport | None = None
    problem: NskeysError | None = None

    @property
    def acts(self) -> Set[Action]:
        if self.step is CustodiansStep.STATE:
            check = {Action.CHECK} if self.state is not None and self.state.to_check is not None else set()
            return frozenset({Action.SPLIT, Action.BACK} | check)
        return frozenset(_ACTS.get(self.step, {Action.BACK}))

    @property
    def route(self) -> Route:
        """The way from the present state to sheets that were proven."""
        stops = (Stop.STATE, Stop.NUMBERS, Stop.PLAN, Stop.PLACE, Stop.SHEETS, Stop.CHECK)
        return Route(stops, _STOPS.get(self.step, Stop.STATE))

    @property
    def holds_shares(self) -> bool:
        """Whether the shares are still needed; where this turns false they are wiped."""
        return self.step in (CustodiansStep.SPLITTING, CustodiansStep.HANDOVER, CustodiansStep.SHEET)

    def looked(self, state: Custodians) -> "CustodiansFlow":
        """Take the present state."""
        return CustodiansFlow(CustodiansStep.STATE, state, problem=self.problem)

    # --- a new split --------------------------------------------------------------------------------------

    def begin(self) -> "CustodiansFlow":
        """Begin a new split."""
        return replace(self, step=CustodiansStep.NUMBERS, problem=None)

    def choose(self, shares: int, threshold: int) -> "CustodiansFlow":
        """Split among `shares` custodians, of whom `threshold` are needed."""
        return replace(self, step=CustodiansStep.PLANNING, shares=shares, threshold=threshold, problem=None)

    def planned(self, plan: SplitPlan) -> "CustodiansFlow":
        """Take the plan of the split."""
        return replace(self, step=CustodiansStep.PLAN, plan=plan, problem=None)

    def place(self, folder: str) -> "CustodiansFlow":
        """Show sheets on the screen (an empty folder), or write them into files there."""
        if self.plan is None or self.step is not CustodiansStep.WHERE:
            raise ValueError("no plan was seen")
        return replace(self, step=CustodiansStep.SPLITTING, folder=folder, problem=None)

    def made(self) -> "CustodiansFlow":
        """Show the sheet of the first custodian; the secret is split."""
        return replace(self, step=CustodiansStep.HANDOVER, sheet=1)

    def printed(self, files: tuple[str, ...]) -> "CustodiansFlow":
        """Take the paths of the sheets, which are in files; the secret is split."""
        return replace(self, step=CustodiansStep.PRINTED, files=files)

    # --- on and back --------------------------------------------------------------------------------------

    def next(self) -> "CustodiansFlow | None":
        """Go on from what this step shows; None leaves the flow."""
        match self.step:
            case CustodiansStep.PLAN:
                return replace(self, step=CustodiansStep.WHERE)
            case CustodiansStep.HANDOVER:
                return replace(self, step=CustodiansStep.SHEET)
            case CustodiansStep.SHEET if self.sheet < self.shares:
                return replace(self, step=CustodiansStep.HANDOVER, sheet=self.sheet + 1)
            case CustodiansStep.SHEET:
                return replace(self, step=CustodiansStep.SHOWN)
            case CustodiansStep.PRINTED | CustodiansStep.SHOWN:
                return self.check()
            case CustodiansStep.DONE:
                return None
        raise ValueError("nothing to go on with")

    def check(self) -> "CustodiansFlow":
        """Begin the check, in which every custodian types the words."""
        return replace(self, step=CustodiansStep.CHECKING, problem=None)

    def proven(self, report: CheckReport) -> "CustodiansFlow":
        """Take the report of a check in which every share was proven."""
        return replace(self, step=CustodiansStep.DONE, report=report)

    def failed(self, error: NskeysError) -> "CustodiansFlow":
        """Return to where the error can be mended: the numbers of a split, or the state."""
        told = None if isinstance(error, Cancelled) else error
        if self.step is CustodiansStep.PLANNING:
            return CustodiansFlow(CustodiansStep.NUMBERS, self.state, problem=told)
        if self.step is CustodiansStep.SPLITTING and self.plan is not None:
            return replace(self, step=CustodiansStep.WHERE, folder="", problem=told)
        return CustodiansFlow(problem=told)

    def back(self) -> "CustodiansFlow | None":
        """Return to the step before; None leaves the flow. Work is cancelled and not left; the sheets can
        only be left."""
        match self.step:
            case CustodiansStep.SPLITTING | CustodiansStep.CHECKING:
                return self
            case CustodiansStep.NUMBERS | CustodiansStep.PLANNING:
                return CustodiansFlow(CustodiansStep.STATE, self.state)
            case CustodiansStep.PLAN:
                return replace(self, step=CustodiansStep.NUMBERS, plan=None)
            case CustodiansStep.WHERE:
                return replace(self, step=CustodiansStep.PLAN, problem=None)
            case CustodiansStep.LOOKING | CustodiansStep.STATE | CustodiansStep.DONE:
                return None
        return CustodiansFlow()

"""Custodians: how things stand, a new split with a sheet for each, and the proof of every share.

No share is in this value: the screen holds them while sheets are shown, and wipes them behind the last one.
A sheet is never shown again once the next custodian's turn has come.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.custodians import CheckReport, Custodians, SplitPlan
from nskeys.services.flows.actions import Action


class CustodiansStep(StrEnum):
    """Where a person is."""

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
    CustodiansStep.DONE: {Action.GO_ON, Action.BACK},
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
        """What may be done now."""
        if self.step is CustodiansStep.STATE:
            check = {Action.CHECK} if self.state is not None and self.state.to_check is not None else set()
            return frozenset({Action.SPLIT, Action.BACK} | check)
        return frozenset(_ACTS.get(self.step, {Action.BACK}))

    @property
    def holds_shares(self) -> bool:
        """Whether the shares are still needed; where this turns false they are wiped."""
        return self.step in (CustodiansStep.SPLITTING, CustodiansStep.HANDOVER, CustodiansStep.SHEET)

    def looked(self, state: Custodians) -> "CustodiansFlow":
        """How things stand."""
        return CustodiansFlow(CustodiansStep.STATE, state, problem=self.problem)

    # --- a new split --------------------------------------------------------------------------------------

    def begin(self) -> "CustodiansFlow":
        """New sheets are wanted."""
        return replace(self, step=CustodiansStep.NUMBERS, problem=None)

    def choose(self, shares: int, threshold: int) -> "CustodiansFlow":
        """So many custodians, and so many of them needed."""
        return replace(self, step=CustodiansStep.PLANNING, shares=shares, threshold=threshold, problem=None)

    def planned(self, plan: SplitPlan) -> "CustodiansFlow":
        """What it would do is known."""
        return replace(self, step=CustodiansStep.PLAN, plan=plan, problem=None)

    def place(self, folder: str) -> "CustodiansFlow":
        """Sheets are shown here (an empty folder), or go into files there."""
        if self.plan is None or self.step is not CustodiansStep.WHERE:
            raise ValueError("no plan was seen")
        return replace(self, step=CustodiansStep.SPLITTING, folder=folder, problem=None)

    def made(self) -> "CustodiansFlow":
        """The secret is split: the first custodian's turn."""
        return replace(self, step=CustodiansStep.HANDOVER, sheet=1)

    def printed(self, files: tuple[str, ...]) -> "CustodiansFlow":
        """The secret is split, and the sheets are in files."""
        return replace(self, step=CustodiansStep.PRINTED, files=files)

    # --- on and back --------------------------------------------------------------------------------------

    def next(self) -> "CustodiansFlow | None":
        """On from what this step shows; None where all is done."""
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
        """Every custodian types the words in again."""
        return replace(self, step=CustodiansStep.CHECKING, problem=None)

    def proven(self, report: CheckReport) -> "CustodiansFlow":
        """Every share did its part."""
        return replace(self, step=CustodiansStep.DONE, report=report)

    def failed(self, error: NskeysError) -> "CustodiansFlow":
        """To where it can be mended: to the numbers of a split, or to how things stand."""
        told = None if isinstance(error, Cancelled) else error
        if self.step is CustodiansStep.PLANNING:
            return CustodiansFlow(CustodiansStep.NUMBERS, self.state, problem=told)
        if self.step is CustodiansStep.SPLITTING and self.plan is not None:
            return replace(self, step=CustodiansStep.WHERE, folder="", problem=told)
        return CustodiansFlow(problem=told)

    def back(self) -> "CustodiansFlow | None":
        """One step back; None where that leaves. Work is cancelled, not left; from the sheets there is no
        way back but to leave them."""
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

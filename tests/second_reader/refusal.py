"""What a reader says when it refuses (FORMAT.md, "Outcomes")."""

from collections.abc import Iterator
from contextlib import contextmanager

OUTCOMES = (
    "no backup",
    "newer",
    "damaged",
    "not canonical",
    "forged",
    "not signed",
    "wrong password",
    "other identity",
    "does not open",
    "incomplete",
    "mixed",
)


class Refused(Exception):
    """Carries the rule that a file breaks, the outcome of that rule, and what was seen."""

    def __init__(self, outcome: str, rule: str, seen: str) -> None:
        """Make a refusal."""
        if outcome not in OUTCOMES:
            raise ValueError(outcome)
        super().__init__(f"{outcome} ({rule}): {seen}")
        self.outcome = outcome
        self.rule = rule
        self.seen = seen


class NotThere(Exception):
    """Says that there is no key store, or no CMDB, yet (R-7.12, R-14.4)."""


def refuse_unless(holds: bool, outcome: str, rule: str, seen: str) -> None:
    """Raise Refused where something does not hold."""
    if not holds:
        raise Refused(outcome, rule, seen)


@contextmanager
def under_rule(rule: str) -> Iterator[None]:
    """Name another rule for what is "damaged" inside: a section's own rule covers section 1's."""
    try:
        yield
    except Refused as refused:
        if refused.outcome != "damaged" or not refused.rule.startswith("R-1."):
            raise
        raise Refused("damaged", rule, f"{refused.rule}: {refused.seen}") from refused

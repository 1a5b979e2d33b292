"""The checkpoint, and what contradicts it, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nskeys.model.checkpoint import Checkpoint
from nskeys.model.next_steps import NextAction
from nskeys.wording.inventory import difference_lines
from nskeys.wording.mismatches import instead_of_accepting, mismatch_line
from nskeys.wording.next_steps import Voice, step_words
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.times import when

if TYPE_CHECKING:
    from nskeys.services.checkpoint.looking import Comparison

FITS = "Everything is as the server key signed it."
BUSY = "A change is under way, so nothing can be told now; try again when it has ended."
_WAITS = (
    "Changes wait until a person accepts this. Find out who changed it. Often it is better to bring the "
    "database back from its own backup."
)
LOOKING = "Comparing with what the server key signed …"
ACCEPT_TITLE = "Accept what differs"
ACCEPT_LABEL = "Reason"
ACCEPT_MEANS = (
    "What is shown here is taken as it is; key states and who can open backups are the home's. The reason "
    "stays in the audit trail for ever."
)
NOT_WITHOUT_REASON = "Type a reason: others read it later."
_DIGITS = 16


def checkpoint_facts(known: Checkpoint, sha256: str) -> Iterator[tuple[str, str]]:
    """Yield a name and a value for each part that a person compares."""
    yield "change", f"{number(known.number)}, {when(known.moment)}"
    yield "server key", known.server_key
    yield "checkpoint", sha256
    yield "audit trail", count(known.audit.count, "line")
    for one in known.predecessors:
        yield "earlier server key", f"{one.server_key}, up to change {number(one.upto)}"
    for first, last in known.void:
        yield "void", f"changes {number(first)} to {number(last)}"
    for part in known.unexplained:
        yield "not explained", f"{part.what}, since {when(part.since)}"
    if known.last_check is not None:
        last_check = known.last_check
        found = "everything fitted" if not last_check.findings else f"{last_check.findings} did not fit"
        yield "last check", f"{when(last_check.moment)}: {found}"


def comparison_lines(compared: "Comparison", voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what contradicts the checkpoint, a sentence each, and what that means for changes."""
    if compared.busy:
        return (BUSY,)
    if compared.fits:
        return (FITS,)
    if compared.lags:
        return (not_compared_line(compared.lags), *difference_lines(compared.differences))
    told = tuple(f"{capitalised(mismatch_line(one))}." for one in compared.mismatches)
    by_command, by_key = instead_of_accepting(compared.mismatches) or (_WAITS, _WAITS)
    waits = (by_key if voice is Voice.KEY else by_command,) if told else ()
    return (*told, *waits, *difference_lines(compared.differences))


def not_compared_line(changes: int) -> str:
    """Return that the database is a standby without the last changes, so that nothing was compared."""
    return (
        f"The database is that of a standby without the last {count(changes, 'change')}: it was not "
        "compared with the checkpoint."
    )


def digest_lines(compared: "Comparison") -> tuple[str, ...]:
    """Return how what was shown is named when it is accepted; nothing where everything fits."""
    nothing = compared.busy or not (compared.mismatches or compared.differences)
    if nothing or instead_of_accepting(compared.mismatches):
        return ()
    digest = compared.digest[:_DIGITS]
    return (f"To accept exactly this: 'nskeys checkpoint accept --shown {digest} --reason TEXT'.",)


def counted_anew_line(voice: Voice = Voice.COMMAND) -> str:
    """Return that no database copy covers anything yet, and what makes one."""
    return (
        "The credentials were counted anew, and no earlier database copy vouches for that count: each is "
        f"at risk until the next one; {step_words(NextAction.BACK_UP, voice)}"
    )


def accepted_lines(made: Checkpoint, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what was accepted, and what is the next step."""
    accepted = f"Accepted; the numbers go on from change {number(made.number)}."
    verify = ("'nskeys verify' opens each credential.",) if voice is Voice.COMMAND else ()
    return (accepted, *verify, counted_anew_line(voice))

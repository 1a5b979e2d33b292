"""When the schedule cannot be installed, changed or started."""

from types import MappingProxyType

from nskeys.errors import ScheduleNotStarted, ScheduleRefused, UnitNotOurs
from nskeys.reasons import ScheduleProblem, UnitProblem
from nskeys.wording.text.sentence import Sentence, Table
from nskeys.wording.text.terminal import shown

_REFUSED = MappingProxyType(
    {
        ScheduleProblem.PASSPHRASE: (
            "A passphrase protects the keys here, and a timer has nobody to ask for it.",
            "Bind them to this machine with 'nskeys protector change tpm2', or back up by hand.",
        ),
        ScheduleProblem.TOKEN: (
            "A token protects the keys here, and a timer has nobody to ask for its PIN.",
            "Bind them to this machine with 'nskeys protector change tpm2', or back up by hand.",
        ),
        ScheduleProblem.NO_IDENTITY: (
            "There is no recovery identity, so a timer's backup would have nobody to ask for a password.",
            "Make one, once and by a person, with 'nskeys identity create'.",
        ),
    }
)


def _schedule_refused(error: ScheduleRefused) -> Sentence:
    if error.reason is ScheduleProblem.ODD_PATH:
        return Sentence(
            f"{shown(error.path)} holds characters that no unit of systemd can name.",
            "Give that folder another name.",
        )
    what, advice = _REFUSED.get(
        error.reason, (f"Nothing can run by itself here: {shown(error.reason)}.", "Back up by hand.")
    )
    return Sentence(what, advice)


def _unit_not_ours(error: UnitNotOurs) -> Sentence:
    whose = (
        "was written by nskeys for another home"
        if error.problem is UnitProblem.OTHER_HOME
        else "is not ours"
    )
    return Sentence(
        f"{shown(error.path)} {whose}, so no unit was changed.",
        "Look at it, and move it away if nobody needs it.",
    )


def _schedule_not_started(error: ScheduleNotStarted) -> Sentence:
    return Sentence(
        "The units are written, but systemd did not take them.",
        f"Try '{shown(error.command)}' to see why.",
    )


SCHEDULE: Table = MappingProxyType(
    {
        ScheduleRefused: _schedule_refused,
        UnitNotOurs: _unit_not_ours,
        ScheduleNotStarted: _schedule_not_started,
    }
)

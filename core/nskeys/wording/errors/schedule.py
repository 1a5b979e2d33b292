"""When the schedule cannot be installed, changed or started."""

from types import MappingProxyType

from nskeys.errors import ScheduleNotStarted, ScheduleRefused, UnitNotOurs
from nskeys.reasons import ScheduleProblem, UnitProblem
from nskeys.wording.text.sentence import Row, Table, alike
from nskeys.wording.text.terminal import shown

_REFUSED = MappingProxyType(
    {
        ScheduleProblem.PASSPHRASE: (
            "A passphrase protects the keys here, and a timer cannot ask for it.",
            "Bind them to this machine with 'nskeys protector change tpm2', or back up by hand.",
            "Bind them to this machine under Protector in the menu (m), or back up by hand (b).",
        ),
        ScheduleProblem.TOKEN: (
            "A token protects the keys here, and a timer cannot ask for its PIN.",
            "Bind them to this machine with 'nskeys protector change tpm2', or back up by hand.",
            "Bind them to this machine under Protector in the menu (m), or back up by hand (b).",
        ),
        ScheduleProblem.NO_IDENTITY: (
            "There is no recovery identity, and a timed backup cannot ask for a password.",
            "Make one, once and by a person, with 'nskeys identity create'.",
            "Make one, once and by a person, under Recovery in the menu (m).",
        ),
    }
)


def _schedule_refused(error: ScheduleRefused) -> Row:
    if error.reason is ScheduleProblem.ODD_PATH:
        return alike(
            f"{shown(error.path)} holds characters that no unit of systemd can name.",
            "Give that folder another name.",
        )
    return Row(*_REFUSED[error.reason])


def _unit_not_ours(error: UnitNotOurs) -> Row:
    whose = (
        "was written by nskeys for another home"
        if error.problem is UnitProblem.OTHER_HOME
        else "is not ours"
    )
    return alike(
        f"{shown(error.path)} {whose}, so no unit was changed.",
        "Look at it, and move it away if nobody needs it.",
    )


def _schedule_not_started(error: ScheduleNotStarted) -> Row:
    return Row(
        "The units are written, but systemd did not take them.",
        f"Try '{shown(error.command)}' to see why.",
        "Ask systemd why, in a shell.",
    )


SCHEDULE: Table = MappingProxyType(
    {
        ScheduleRefused: _schedule_refused,
        UnitNotOurs: _unit_not_ours,
        ScheduleNotStarted: _schedule_not_started,
    }
)

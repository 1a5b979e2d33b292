"""What a person does next, said with a command to type or with the keys of the app."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class NextSteps:
    """Sentences and halves of them; which are halves shows in how they begin."""

    make_backup: str
    """Behind `A backup is due; `."""
    place_elsewhere: str
    bring_key_back: str
    new_secret: str
    """Behind `needs a new secret: `."""
    accept_foreign: str
    """Before the reasons."""
    other_machine: str
    """Behind `take their place; `."""
    rotate_restored: str
    """Behind `come from other hardware; `."""
    know_copy: str
    """Behind `does not know this copy; `."""
    prove_it: str
    """Behind `does not count yet: `."""
    prove_more: str
    """Behind `as intact; `."""
    back_up_then_rotate: str
    drill_then_rotate: str
    """`FILE` stands for the backup's address."""
    bind_again: str
    """Behind a sentence that says that the keys are bound more weakly than before."""


CLI_STEPS = NextSteps(
    make_backup="'nskeys backup' makes one.",
    place_elsewhere=(
        "Name a place elsewhere with 'nskeys backup --to DESTINATION', or say that this one is carried "
        "away with 'nskeys destination add DEST --elsewhere TEXT'."
    ),
    bring_key_back="'nskeys restore FILE' brings it back from a backup that holds it.",
    new_secret="'nskeys credential edit ID'.",
    accept_foreign="It needs '--accept-foreign'",
    other_machine="that needs '--other-machine'",
    rotate_restored="'nskeys key rotate' makes a new one.",
    know_copy="'nskeys register add FILE' makes it known.",
    prove_it="'nskeys drill latest' asks a person for what opens it.",
    prove_more="'nskeys drill FILE' proves more.",
    back_up_then_rotate=(
        "A backup is due: 'nskeys backup --to DESTINATION', then 'nskeys key rotate' again."
    ),
    drill_then_rotate="A drill is due: 'nskeys drill FILE', then 'nskeys key rotate' again.",
    bind_again="'nskeys protector change' binds them in another way.",
)
"""For the command line."""

APP_STEPS = NextSteps(
    make_backup="b makes one.",
    place_elsewhere=(
        "Add a place elsewhere under Destinations in the menu (m), or say there that this one is carried "
        "away by other means."
    ),
    bring_key_back="a restore brings it back from a backup that holds it.",
    new_secret="edit the credential.",
    accept_foreign="You are asked once more before it is restored",
    other_machine="you are asked once more before",
    rotate_restored="a rotation (o on the first screen) makes a new one.",
    know_copy="Register in the menu (m) makes it known.",
    prove_it="a drill (d) asks for what opens it.",
    prove_more="a drill proves more.",
    back_up_then_rotate="A backup elsewhere has to hold it first: b makes one, then the rotation goes on.",
    drill_then_rotate="A person has to drill it first: d does that, then the rotation goes on.",
    bind_again="Protector in the menu (m) binds them in another way.",
)
"""For the app; keys are those of the first screen where nothing else is said."""


class NextStep(StrEnum):
    """A way out that a notice offers."""

    BACK_UP = "back_up"
    RESTORE = "restore"
    DRILL = "drill"
    ROTATE = "rotate"
    ADD = "add"
    REGISTER = "register"
    CUSTODIANS = "custodians"
    IDENTITY = "identity"
    PROTECTOR = "protector"


_ACTS = MappingProxyType(
    {
        NextStep.BACK_UP: ("b", "back up", "nskeys backup"),
        NextStep.RESTORE: ("r", "restore", "nskeys restore FILE"),
        NextStep.DRILL: ("d", "drill", "nskeys drill latest"),
        NextStep.ROTATE: ("o", "rotate", "nskeys key rotate"),
        NextStep.ADD: ("a", "add", "nskeys credential add"),
        NextStep.REGISTER: ("m", "menu", "nskeys register check"),
        NextStep.PROTECTOR: ("m", "menu", "nskeys protector show"),
        NextStep.IDENTITY: ("m", "menu", "nskeys identity show"),
        NextStep.CUSTODIANS: ("m", "menu", "nskeys custodians check"),
    }
)


def step_key(act: NextStep) -> str:
    """The key on the first screen: `b`."""
    return _ACTS[act][0]


def step_name(act: NextStep) -> str:
    """What the key does: `back up`."""
    return _ACTS[act][1]


def step_hint(act: NextStep) -> str:
    """Both: `b  back up`."""
    return f"{step_key(act)}  {step_name(act)}"


def step_command(act: NextStep) -> str:
    """The same on the command line: `nskeys backup`."""
    return _ACTS[act][2]

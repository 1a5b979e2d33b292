"""What a person can do about a notice: its key in the app, its command on the command line."""

from enum import StrEnum
from types import MappingProxyType


class Act(StrEnum):
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
        Act.BACK_UP: ("b", "back up", "nskeys backup"),
        Act.RESTORE: ("r", "restore", "nskeys restore FILE"),
        Act.DRILL: ("d", "drill", "nskeys drill latest"),
        Act.ROTATE: ("o", "rotate", "nskeys key rotate"),
        Act.ADD: ("a", "add", "nskeys credential add"),
        Act.REGISTER: ("m", "menu", "nskeys register check"),
        Act.PROTECTOR: ("m", "menu", "nskeys protector show"),
        Act.IDENTITY: ("m", "menu", "nskeys identity show"),
        Act.CUSTODIANS: ("m", "menu", "nskeys custodians check"),
    }
)


def act_key(act: Act) -> str:
    """The key on the first screen: `b`."""
    return _ACTS[act][0]


def act_name(act: Act) -> str:
    """What the key does: `back up`."""
    return _ACTS[act][1]


def act_hint(act: Act) -> str:
    """Both: `b  back up`."""
    return f"{act_key(act)}  {act_name(act)}"


def act_command(act: Act) -> str:
    """The same on the command line: `nskeys backup`."""
    return _ACTS[act][2]

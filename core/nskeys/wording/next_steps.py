"""What a person does next, as a key to press in the app or a command to type."""

import shlex
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from nskeys.model.next_steps import NextAction, NextStep
from nskeys.wording.text.terminal import safe

_FILE = "FILE"


class Voice(StrEnum):
    """How a person is told what to do."""

    KEY = "key"
    """In the app; keys are those of the first screen where nothing else is said."""
    COMMAND = "command"


class _Words(NamedTuple):
    """An action: its key on the first screen and what that key does; its command; and by key and by command
    a sentence, or the half of one that stands behind a semicolon or colon."""

    key: str
    name: str
    command: str
    by_key: str
    by_command: str


_MENU = ("m", "menu")

_WORDS = MappingProxyType(
    {
        NextAction.BACK_UP: _Words(
            "b", "back up", "nskeys backup", "b makes one.", "'nskeys backup' makes one."
        ),
        NextAction.BACK_UP_ELSEWHERE: _Words(
            *_MENU,
            "nskeys backup --to DESTINATION",
            "Add a place elsewhere under Destinations in the menu (m), or say there that this one is "
            "carried away by other means.",
            "Name a place elsewhere with 'nskeys backup --to DESTINATION', or say that this one is carried "
            "away with 'nskeys destination add DEST --elsewhere TEXT'.",
        ),
        NextAction.BACK_UP_AND_ROTATE: _Words(
            "b",
            "back up",
            "nskeys backup --to DESTINATION",
            "A backup elsewhere has to hold it first: b makes one, then the rotation goes on.",
            "A backup is due: 'nskeys backup --to DESTINATION', then 'nskeys key rotate' again.",
        ),
        NextAction.RESTORE: _Words(
            "r",
            "restore",
            "nskeys restore FILE",
            "a restore brings it back from a backup that holds it.",
            "'nskeys restore FILE' brings it back from a backup that holds it.",
        ),
        NextAction.RESTORE_FOREIGN: _Words(
            "r",
            "restore",
            "nskeys restore FILE --server-key THUMBPRINT",
            "You are asked once more before it is restored",
            "You are asked before it is restored; a script gives '--server-key THUMBPRINT'",
        ),
        NextAction.RESTORE_HERE: _Words(
            "r",
            "restore",
            "nskeys restore FILE --other-machine",
            "you are asked once more before",
            "that needs '--other-machine'",
        ),
        NextAction.DRILL: _Words(
            "d",
            "drill",
            "nskeys drill latest",
            "a drill (d) asks for what opens it.",
            "'nskeys drill latest' asks a person for what opens it.",
        ),
        NextAction.DRILL_FILE: _Words(
            "d", "drill", "nskeys drill FILE", "a drill proves more.", "'nskeys drill FILE' proves more."
        ),
        NextAction.DRILL_AND_ROTATE: _Words(
            "d",
            "drill",
            "nskeys drill FILE",
            "A person has to drill it first: d does that, then the rotation goes on.",
            "A drill is due: 'nskeys drill FILE', then 'nskeys key rotate' again.",
        ),
        NextAction.ROTATE: _Words(
            "o",
            "rotate",
            "nskeys key rotate",
            "a rotation (o on the first screen) makes a new one.",
            "'nskeys key rotate' makes a new one.",
        ),
        NextAction.REGISTER_ADD: _Words(
            *_MENU,
            "nskeys register add FILE",
            "Register in the menu (m) makes it known.",
            "'nskeys register add FILE' makes it known.",
        ),
        NextAction.REGISTER_CHECK: _Words(
            *_MENU,
            "nskeys register check",
            "Register in the menu (m) looks at every copy.",
            "'nskeys register check' looks at every copy.",
        ),
        NextAction.DATABASE_CHECK: _Words(
            *_MENU,
            "nskeys database check FILE",
            "Database in the menu (m), then v, checks a database that was restored from it.",
            "'nskeys database check FILE' opens a database that was restored from it; FILE may be a URL.",
        ),
        NextAction.CHECKPOINT: _Words(
            *_MENU,
            "nskeys checkpoint show",
            "Audit trail in the menu (m), then c, shows what does not fit, and accepts it.",
            "'nskeys checkpoint show' shows what does not fit, and how it is accepted.",
        ),
        NextAction.CUSTODIANS_CHECK: _Words(
            *_MENU,
            "nskeys custodians check",
            "Custodians in the menu (m) proves every share.",
            "'nskeys custodians check' proves every share.",
        ),
        NextAction.IDENTITY: _Words(
            *_MENU,
            "nskeys identity show",
            "Recovery in the menu (m) says what is wrong with it.",
            "'nskeys identity show' says what is wrong with it.",
        ),
        NextAction.PROTECTOR: _Words(
            *_MENU,
            "nskeys protector show",
            "Protector in the menu (m) says what is left.",
            "'nskeys protector show' says what is left.",
        ),
        NextAction.PROTECTOR_CHANGE: _Words(
            *_MENU,
            "nskeys protector change",
            "Protector in the menu (m) binds them in another way.",
            "'nskeys protector change' binds them in another way.",
        ),
        NextAction.RE_ENTER: _Words(
            *_MENU,
            "nskeys re-entry",
            "Re-entry in the menu (m) lists what to enter again.",
            "'nskeys re-entry' lists what to enter again.",
        ),
        NextAction.NEW_SECRET: _Words(
            "Enter",
            "open",
            "nskeys credential edit ID",
            "edit the credential.",
            "'nskeys credential edit ID'.",
        ),
    }
)


def step_key(action: NextAction) -> str:
    """Return the key on the first screen: `b`."""
    return _WORDS[action].key


def step_name(action: NextAction) -> str:
    """Return what the key does: `back up`."""
    return _WORDS[action].name


def step_hint(action: NextAction) -> str:
    """Return the key and what it does: `b back up`."""
    return f"{step_key(action)}  {step_name(action)}"


def step_command(step: NextStep) -> str:
    """Return the command, with the file where it is known: `nskeys restore /mnt/vault/a.zip`."""
    return _with_file(_WORDS[step.action].command, step)


def step_words(step: NextStep | NextAction, voice: Voice) -> str:
    """Return what to do, in a sentence or the half of one."""
    step = step if isinstance(step, NextStep) else NextStep(step)
    words = _WORDS[step.action]
    return words.by_key if voice is Voice.KEY else _with_file(words.by_command, step)


def _with_file(text: str, step: NextStep) -> str:
    return text.replace(_FILE, shlex.quote(safe(step.file))) if step.file else text

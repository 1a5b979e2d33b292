"""What a person does next: the action and what it is done to, in no words of any front end."""

from enum import StrEnum
from typing import NamedTuple


class NextAction(StrEnum):
    """One thing to do."""

    BACK_UP = "back_up"
    BACK_UP_ELSEWHERE = "back_up_elsewhere"
    """Back up to another place, or say that the one in use is carried away."""
    BACK_UP_AND_ROTATE = "back_up_and_rotate"
    RESTORE = "restore"
    RESTORE_FOREIGN = "restore_foreign"
    """Confirm that keys are taken from a backup that this server did not make."""
    RESTORE_HERE = "restore_here"
    """Confirm that this is another machine, and that the keys of a backup take the place of those here."""
    DRILL = "drill"
    """Let a person open the newest backup."""
    DRILL_FILE = "drill_file"
    DRILL_AND_ROTATE = "drill_and_rotate"
    ROTATE = "rotate"
    REGISTER_ADD = "register_add"
    REGISTER_CHECK = "register_check"
    DATABASE_CHECK = "database_check"
    """Check somebody else's database backup by what is restored from it."""
    CHECKPOINT = "checkpoint"
    """See what contradicts the checkpoint."""
    CUSTODIANS_CHECK = "custodians_check"
    IDENTITY = "identity"
    """See what is wrong with the recovery identity."""
    PROTECTOR = "protector"
    """See what is left of an earlier key store."""
    PROTECTOR_CHANGE = "protector_change"
    RE_ENTER = "re_enter"
    """See which credentials are to be entered again."""
    NEW_SECRET = "new_secret"
    """Give a credential a new secret."""


class NextStep(NamedTuple):
    """An action, and the file it is to be done to; with an empty one the person chooses."""

    action: NextAction
    file: str = ""

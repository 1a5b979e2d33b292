"""What a person may do in a step of a flow."""

from enum import StrEnum


class Act(StrEnum):
    """One thing to do; which key does it is the screen's business."""

    GO_ON = "go_on"
    """What this step offers: open, write, restore, leave when all is done."""
    BACK = "back"
    """One step back; from the first one, leave."""
    CHOOSE = "choose"
    """Take one of the choices that this step shows."""
    PASSWORD = "password"
    """Type another password."""
    HINT = "hint"
    """Change the hint."""
    BACK_UP = "back_up"
    """Make a backup first."""
    SKIP = "skip"
    """Go on without a backup."""
    NUMBERS = "numbers"
    """Change how many stay."""
    PROOF = "proof"
    """See every credential that was tried."""
    SPLIT = "split"
    """Make new shares for custodians."""
    CHECK = "check"
    """Prove every share."""
    CODE = "code"
    """See the words as a code to scan."""
    CANCEL = "cancel"
    """Stop the work, cleanly."""

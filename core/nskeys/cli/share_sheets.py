"""A set's sheets on the terminal: one custodian after the other, on a page that is gone afterwards."""

from nskeys.cli.prompt import Prompt, conversation
from nskeys.errors import SecretUnavailable
from nskeys.model.custodians import Share, SheetFacts, Split
from nskeys.reasons import Wanted
from nskeys.wording.custodians import COPY_IT, HAND_OVER, share_name
from nskeys.wording.share_sheets import QR_LABEL, qr_lines, sheet_lines

_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"
_BELOW = 2
"""Lines that stand below a code."""


def require_terminal() -> None:
    """Raise SecretUnavailable without a terminal to show sheets on; called before the secret is split."""
    try:
        with conversation(Wanted.SHARE):
            pass
    except SecretUnavailable:
        raise SecretUnavailable(Wanted.SHEETS) from None


def show_sheets(split: Split) -> None:
    """Show each custodian's sheet in turn. Raises Cancelled where somebody stops; sheets not shown by then
    are never shown."""
    with conversation(Wanted.SHARE, seen=True) as prompt:
        for share in split.shares.held:
            _show(prompt, split.facts, share)


def _show(prompt: Prompt, facts: SheetFacts, share: Share) -> None:
    name = share_name(share.label, facts.shares)
    prompt.clear()
    prompt.tell(f"Next is the custodian of {name}.")
    prompt.tell(HAND_OVER)
    prompt.ask("Press Enter to see the sheet")
    prompt.clear()
    for line in sheet_lines(facts, share):
        prompt.tell(line)
    prompt.tell("")
    prompt.tell(COPY_IT)
    code = qr_lines(share)
    columns, lines = prompt.size
    if prompt.plain or len(code) + _BELOW > lines or len(code[0]) > columns:
        prompt.ask("Press Enter when it is copied")
    else:
        prompt.ask("Press Enter when it is copied; a code to scan follows")
        prompt.clear()
        for line in code:
            prompt.draw(f"{_BLACK_ON_WHITE}{line}{_PLAIN}")
        prompt.ask(f"{QR_LABEL}. Press Enter")
    prompt.clear()

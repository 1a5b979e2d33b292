"""When a custodian's share cannot be taken, or those that were given are not enough."""

from types import MappingProxyType

from nskeys.errors import (
    NoCustodians,
    NotForCustodians,
    ShareRefused,
    SharesDisagree,
    SharesIncomplete,
    SheetsRefused,
    SplitRefused,
)
from nskeys.reasons import SheetsProblem
from nskeys.wording.custodians import refusal
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import Row, Table, alike, listed, token_words
from nskeys.wording.text.terminal import shown


def _share_refused(error: ShareRefused) -> Row:
    sentence = refusal(error)
    what = sentence.what
    if error.line:
        what = f"Line {number(error.line)}: {what[0].lower()}{what[1:]}"
    return alike(what, sentence.advice)


def _shares_incomplete(error: SharesIncomplete) -> Row:
    missing = error.needed - error.given
    return alike(
        f"{count(error.needed, 'share')} are needed, and {number(error.given)} were given.",
        f"Get {'one more sheet' if missing == 1 else f'{number(missing)} more sheets'} of the same set.",
    )


def _shares_disagree(error: SharesDisagree) -> Row:
    if not error.suspects:
        return alike(
            "Each of these shares is whole, but together they give no secret: one was altered, or is of "
            "another set.",
            "Begin again with the sheet of another custodian in the place of one of them.",
        )
    names = listed(tuple(f"share {shown(str(suspect))}" for suspect in error.suspects))
    return alike(
        f"The other shares do not confirm {names}: altered, or of another set.",
        "Leave that sheet out, and find out where it came from.",
    )


def _split_refused(error: SplitRefused) -> Row:
    return alike(
        f"No secret can be split into {count(error.shares, 'share')} of which {number(error.threshold)} "
        "are needed.",
        "Choose 2 to 16 shares, and at least 2 of them as needed, at most all.",
    )


_SHEETS_REFUSED = MappingProxyType(
    {
        SheetsProblem.IN_HOME: "it is the home of this installation, lies in it, or holds it",
        SheetsProblem.OTHERS_CAN_READ: "other users of this machine may look into it",
        SheetsProblem.LINK: "it is a link",
    }
)


def _sheets_refused(error: SheetsRefused) -> Row:
    if error.reason is SheetsProblem.NOT_REMOVED:
        return alike(
            f"The sheets could not be written as they should, and some of what was written into "
            f"{shown(error.folder)} could not be removed again: whoever reads it has shares.",
            "Remove it yourself, files whose names begin with '.nskeys-' too; then split anew.",
        )
    return alike(
        f"No sheets are written into {shown(error.folder)}: {token_words(_SHEETS_REFUSED, error.reason)}.",
        "Name a folder that is yours alone (chmod 700), best of a file system in memory, below /dev/shm.",
    )


def _not_for_custodians(error: NotForCustodians) -> Row:
    return Row(
        f"There is no custodians' identity in {shown(error.path)}, so no shares open it.",
        "Open it by what it was made for; 'nskeys inspect FILE' says what that is.",
        "Open it by what it was made for: its password, or an identity file.",
    )


def _no_custodians(_: NoCustodians) -> Row:
    return Row(
        "No custodians were chosen on this server, so there are no shares to check.",
        "Make them with 'nskeys custodians split --shares 5 --threshold 3'.",
        "Make them under Custodians in the menu (m).",
    )


SHARES: Table = MappingProxyType(
    {
        ShareRefused: _share_refused,
        SharesIncomplete: _shares_incomplete,
        SharesDisagree: _shares_disagree,
        SplitRefused: _split_refused,
        SheetsRefused: _sheets_refused,
        NoCustodians: _no_custodians,
        NotForCustodians: _not_for_custodians,
    }
)

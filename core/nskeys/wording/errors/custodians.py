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
from nskeys.wording.text.sentence import Sentence, Table, listed, token_words
from nskeys.wording.text.terminal import shown


def _share_refused(error: ShareRefused) -> Sentence:
    sentence = refusal(error)
    if not error.line:
        return sentence
    return Sentence(
        f"Line {number(error.line)}: {sentence.what[0].lower()}{sentence.what[1:]}", sentence.advice
    )


def _shares_incomplete(error: SharesIncomplete) -> Sentence:
    missing = error.needed - error.given
    return Sentence(
        f"{count(error.needed, 'share')} are needed, and {number(error.given)} were given.",
        f"Get {'one more sheet' if missing == 1 else f'{number(missing)} more sheets'} of the same set.",
    )


def _shares_disagree(error: SharesDisagree) -> Sentence:
    if not error.suspects:
        return Sentence(
            "Each of these shares is whole, but together they give no secret: one was altered, or is of "
            "another set.",
            "Begin again with the sheet of another custodian in the place of one of them.",
        )
    names = listed(tuple(f"share {shown(str(suspect))}" for suspect in error.suspects))
    return Sentence(
        f"The other shares do not confirm {names}: altered, or of another set.",
        "Leave that sheet out, and find out where it came from.",
    )


def _split_refused(error: SplitRefused) -> Sentence:
    return Sentence(
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


def _sheets_refused(error: SheetsRefused) -> Sentence:
    if error.reason is SheetsProblem.NOT_REMOVED:
        return Sentence(
            f"The sheets could not be written as they should, and some of what was written into "
            f"{shown(error.folder)} could not be removed again: whoever reads it has shares.",
            "Remove it yourself, files whose names begin with '.nskeys-' too; then split anew.",
        )
    return Sentence(
        f"No sheets are written into {shown(error.folder)}: {token_words(_SHEETS_REFUSED, error.reason)}.",
        "Name a folder that is yours alone (chmod 700), best of a file system in memory, below /dev/shm.",
    )


def _not_for_custodians(error: NotForCustodians) -> Sentence:
    return Sentence(
        f"There is no custodians' identity in {shown(error.path)}, so no shares open it.",
        "Open it by what it was made for; 'nskeys inspect FILE' says what that is.",
    )


def _no_custodians(_: NoCustodians) -> Sentence:
    return Sentence(
        "No custodians were chosen on this server, so there are no shares to check.",
        "Make them with 'nskeys custodians split --shares 5 --threshold 3'.",
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

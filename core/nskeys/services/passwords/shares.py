"""Custodians' shares, asked for one after the other and each checked at once, until they are enough."""

from collections.abc import Callable
from typing import TypeVar

from nskeys.crypto.slip39 import combine, parse
from nskeys.errors import SecretUnavailable, ShareRefused, SharesIncomplete
from nskeys.model.custodians import Share, ShareProgress, Shares
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretProvider
from nskeys.ports.shares import ShareRequest
from nskeys.reasons import ShareProblem

Opened = TypeVar("Opened")


def check_consistent(share: Share, gathered: ShareProgress) -> None:
    """Raise ShareRefused for a valid share that does not go with those given before: of another set, with a
    number that the set does not have, or given already."""
    label = share.label
    if gathered.set_name and label.set_name != gathered.set_name:
        raise ShareRefused(ShareProblem.OTHER_SET, share=label.number)
    if gathered.threshold and label.threshold != gathered.threshold:
        raise ShareRefused(ShareProblem.OTHER_SET, share=label.number)
    if gathered.shares and label.number > gathered.shares:
        raise ShareRefused(ShareProblem.BEYOND_SET, share=label.number)
    if label.number in gathered.given:
        raise ShareRefused(ShareProblem.GIVEN, share=label.number)


def collect_shares(subject: str, gathered: ShareProgress, secrets: SecretProvider) -> Shares:
    """Ask for shares until there are as many as the set needs; the caller wipes them. `gathered` is what is
    known of the set before. Raises Cancelled; ShareRefused where the provider cannot give another share for
    the refused one; SharesIncomplete where it gave too few."""
    shares, retry = Shares(), 0
    refused: ShareRefused | None = None
    try:
        while not gathered.complete:
            request = ShareRequest(Purpose.SHARE, subject, gathered=gathered, refused=refused)
            try:
                text = secrets(request, retry)
            except SecretUnavailable:
                if refused is not None:
                    raise refused from None
                if gathered.given:
                    raise SharesIncomplete(len(gathered.given), gathered.wanted) from None
                raise
            try:
                share = _taken(text, gathered)
            except ShareRefused as error:
                refused, retry = error, retry + 1
                continue
            shares.add(share)
            gathered, refused, retry = gathered.with_share(share.label), None, 0
    except BaseException:
        shares.wipe()
        raise
    return shares


def with_combined_shares(
    subject: str, gathered: ShareProgress, secrets: SecretProvider, use: Callable[[SecretBytes], Opened]
) -> Opened:
    """Call `use` with the password that the shares give, their 16 bytes in hex, and wipe everything after
    it. Raises SharesDisagree, and what `collect_shares` raises."""
    with (
        collect_shares(subject, gathered, secrets) as shares,
        combine(shares.held) as secret,
        password_of(secret) as password,
    ):
        return use(password)


def password_of(secret: SecretBytes) -> SecretBytes:
    """Return the password of the custodians' identity: the secret in 32 lower-case hex digits, as `shamir
    recover` prints it."""
    return SecretBytes(secret.reveal().hex().encode("ascii"))


def _taken(text: SecretBytes, gathered: ShareProgress) -> Share:
    """Return the share that was given. Raises ShareRefused."""
    with text:
        share = parse(text)
    try:
        check_consistent(share, gathered)
    except ShareRefused:
        share.wipe()
        raise
    return share

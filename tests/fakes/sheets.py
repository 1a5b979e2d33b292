"""Custodians with their sheets, for tests: each gives the words that stand on its own."""

from collections.abc import Iterable, Iterator

from nskeys.errors import SecretUnavailable
from nskeys.model.custodians import CheckReport, Share, Split
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretRequest
from nskeys.ports.shares import ShareRequest
from nskeys.reasons import Wanted
from tests.fakes.servers import Server


class Sheets:
    """ports.SecretProvider: gives one text after the other; `asked` and `gave` are kept."""

    def __init__(self, *texts: str) -> None:
        self._texts: Iterator[str] = iter(texts)
        self.asked: list[tuple[ShareRequest, int]] = []
        self.gave: list[SecretBytes] = []

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        assert isinstance(request, ShareRequest)
        self.asked.append((request, retry))
        text = next(self._texts, None)
        if text is None:
            raise SecretUnavailable(Wanted.SHARE)
        self.gave.append(SecretBytes(text.encode()))
        return self.gave[-1]


def texts_of(shares: Iterable[Share]) -> list[str]:
    """The words of each, as its custodian copied them."""
    return [share.words.text() for share in shares]


def split_among(server: Server, shares: int = 5, threshold: int = 3) -> tuple[Split, list[str]]:
    """A split that waits for its proof, and the sheets' words."""
    split = server.services.custodians.split(
        server.services.custodians.plan(shares, threshold), nobody_here
    )
    return split, texts_of(split.shares.held)


def check(server: Server, texts: Iterable[str]) -> CheckReport:
    """Every share is typed in again."""
    return server.services.custodians.check(Sheets(*texts))


def nobody_here(request: SecretRequest, retry: int) -> SecretBytes:
    """ports.SecretProvider for a server whose keys need no passphrase."""
    raise AssertionError(f"{request.purpose} was asked for (retry {retry})")

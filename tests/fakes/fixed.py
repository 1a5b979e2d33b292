"""A clock that stands still, a person who is always the same, and answers prepared beforehand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from nskeys.errors import SecretUnavailable
from nskeys.model.audit import Actor
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest
from nskeys.reasons import Wanted

AFTERNOON = datetime(2026, 11, 23, 14, 2, 0, tzinfo=UTC)
OPERATOR = Actor(0, "root", "operator", 1000, "operator")
HOST = "ns01.example.net"


class FixedClock:
    """ports.Clock; time passes when the test says so."""

    def __init__(self, moment: datetime = AFTERNOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> datetime:
        """Let so much time pass (or, with negative numbers, let the clock jump back)."""
        self.moment += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self.moment


class FixedIdentity:
    """ports.Identity; root, asked for by an administrator's own account."""

    def __init__(self, actor: Actor = OPERATOR) -> None:
        self._actor = actor

    def actor(self) -> Actor:
        return self._actor

    def host(self) -> str:
        return HOST


class Answers:
    """ports.SecretProvider; for each purpose the answers in order, then SecretUnavailable.

    `asked` holds every request with its `retry`, `given` every secret (so a test can see it wiped);
    `typed`: a person gives them."""

    def __init__(
        self, answers: Mapping[Purpose, Sequence[str]] | None = None, *, typed: bool = False
    ) -> None:
        self._typed = typed
        self._left = {purpose: list(texts) for purpose, texts in (answers or {}).items()}
        self.asked: list[tuple[SecretRequest, int]] = []
        self.given: list[SecretBytes] = []

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        self.asked.append((request, retry))
        left = self._left.get(request.purpose)
        if not left:
            raise SecretUnavailable(Wanted(request.purpose), "no answer was prepared")
        secret = SecretBytes(left.pop(0).encode("utf-8"), typed=self._typed)
        self.given.append(secret)
        return secret


class NobodyToAsk:
    """ports.SecretProvider; fails the test that asks, for nothing here should."""

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        raise AssertionError(f"{request.purpose} was asked for (retry {retry})")

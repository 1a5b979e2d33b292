"""Servers that want a secret: it is asked for, or read from its file, and then the work is begun again.

Nothing was done yet where a server wants one: it is the first thing that it says.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from nskeys.errors import NoCopyMade, NskeysError, SecretUnavailable, ServerSecretWanted
from nskeys.ports import Destinations, Purpose, SecretProvider, SecretRequest

T = TypeVar("T")


class LettingIn:
    """For one run of a command; `destinations` gives those of its home."""

    def __init__(self, secrets: SecretProvider, destinations: Callable[[], Destinations]) -> None:
        self._secrets = secrets
        self._destinations = destinations
        self._asked: dict[tuple[str, str], int] = {}
        self._given_up: set[tuple[str, str]] = set()

    def __call__(self, call: Callable[[], T], problems: Callable[[T], Iterable[NskeysError]]) -> T:
        """The value of `call`, made again after each secret that could be given for what it raises or for
        the `problems` of its value; at last as it is where nobody can give one. Cancelled."""
        while True:
            try:
                value = call()
            except ServerSecretWanted as wanted:
                if not self._give(wanted):
                    raise
            except NoCopyMade as error:
                if not any(map(self._give, _wanted(problem for _, problem in error.failures))):
                    raise
            else:
                if not any(map(self._give, _wanted(problems(value)))):
                    return value

    def _give(self, wanted: ServerSecretWanted) -> bool:
        """Whether there was something to give."""
        key = (wanted.wanted, wanted.subject)
        if key in self._given_up:
            return False
        retry = self._asked.get(key, 0)
        self._asked[key] = retry + 1
        try:
            secret = self._secrets(SecretRequest(Purpose(wanted.wanted), wanted.subject), retry)
        except SecretUnavailable:
            self._given_up.add(key)
            return False
        with secret:
            self._destinations().give(wanted, secret)
        return True


def _wanted(problems: Iterable[NskeysError]) -> Iterable[ServerSecretWanted]:
    return [problem for problem in problems if isinstance(problem, ServerSecretWanted)]

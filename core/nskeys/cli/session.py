"""What a command gets: the two streams, the secrets, and the services, connected at first use."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO, TypeVar

from nskeys.cli.output import Output
from nskeys.errors import Locked, NoCopyMade, NskeysError, SecretUnavailable, ServerSecretWanted
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretProvider, SecretRequest, Waiting
from nskeys.reasons import Wanted

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.cli.progress import ProofLine, TerminalProgress


T = TypeVar("T")

Connect = Callable[[str | None, str | None, float], "Services"]
"""From `--home`, `--cmdb` and `--wait` to the services."""


class TerminalWaiting(Waiting):
    """Says on standard error whom a change waits for. `stop` raises Cancelled once Ctrl-C was pressed."""

    def __init__(self, say: Callable[[str], None], seconds: float, stop: Callable[[], None]) -> None:
        self._say, self._seconds, self._stop = say, seconds, stop

    def begin(self, holder: Locked) -> None:
        from nskeys.wording.errors.setup import waiting_words

        self._say(waiting_words(holder, self._seconds))

    def checkpoint(self) -> None:
        self._stop()


class Session:
    def __init__(
        self,
        connect: Connect,
        home: str | None,
        output: Output,
        secrets: SecretProvider,
        stderr: TextIO,
        wait: float,
    ) -> None:
        self.output = output
        self._wait = wait
        self._provider = secrets
        self._connect = connect
        self._home = home
        self._stderr = stderr
        self._services: Services | None = None
        self._told: TerminalProgress | None = None
        self._letting_in = ServerAuth(self.secrets, lambda: self.services().destinations)

    def secrets(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Return the secret, after taking the line of progress off the terminal."""
        if self._told is not None:
            self._told.pause()
        return self._provider(request, retry)

    def asked(self, question: str) -> str | None:
        """Return what a person answers on the terminal; None where there is none."""
        from nskeys.cli.prompt import conversation

        if self._told is not None:
            self._told.pause()
        try:
            with conversation(Wanted.YES, seen=True, own_page=False) as prompt:
                return prompt.ask(question).decode("utf-8", "replace")
        except SecretUnavailable:
            return None

    def agreed(self, question: str) -> bool | None:
        """Return whether a person types yes; None where nobody is there. No, or nothing, is a no; anything
        else, as a hasty y, is asked again."""
        from nskeys.wording.passwords import YES_IN_FULL

        while (answer := self.asked(question)) is not None:
            word = answer.strip().lower()
            if word in ("yes", "no", "n", ""):
                return word == "yes"
            self.output.say(YES_IN_FULL)
        return None

    def services(self, cmdb: str | None = None) -> Services:
        """Return the services of this home; `cmdb` is used where none is configured yet."""
        if self._services is None:
            self._services = self._connect(self._home, cmdb, self._wait)
            self._services.tell_who_waits(TerminalWaiting(self._say, self._wait, self._stop))
            self._say_closed(self._services.closed)
        return self._services

    def _say_closed(self, closed: tuple[str, ...]) -> None:
        if closed:
            from nskeys.wording.errors.setup import closed_words

            self.output.say(*map(closed_words, closed))

    def _say(self, words: str) -> None:
        if self._told is not None:
            self._told.pause()
        self.output.say(words)

    def _stop(self) -> None:
        if self._told is not None:
            self._told.checkpoint()

    def with_server_auth(
        self, call: Callable[[], T], problems: Callable[[T], Iterable[NskeysError]] = lambda _: ()
    ) -> T:
        """Return the value of `call`, after giving servers the secrets that they want for it; see
        ServerAuth."""
        return self._letting_in(call, problems)

    @contextmanager
    def progress(self, proof_line: ProofLine | None = None) -> Iterator[TerminalProgress]:
        """Show on the terminal how far the work is; `proof_line` is used for text alone. From now on
        garbage is collected: a short command ends before it has any."""
        from nskeys.cli.progress import TerminalProgress

        gc.freeze()
        gc.enable()
        self._told = TerminalProgress(
            self.output,
            self._stderr,
            None if self.output.as_json else proof_line,
            stopping=self.services().destinations.interrupt,
        )
        with self._told.watching() as told:
            yield told

    def close(self) -> None:
        if self._services is not None:
            self._services.close()


def connect_here(home: str | None, cmdb: str | None, wait: float) -> Services:
    """Return the services as the program wires them. Imported here, since this is slow to load."""
    from nskeys.bootstrap import connect

    return connect(home, cmdb, wait=wait)


class GivenSecrets(Protocol):
    """Takes the secrets that servers asked for."""

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """Keep the secret in memory until the services are closed."""
        ...


class ServerAuth:
    """Gives servers their secrets in one run of a command; `destinations` returns those of its home."""

    def __init__(self, secrets: SecretProvider, destinations: Callable[[], GivenSecrets]) -> None:
        self._secrets = secrets
        self._destinations = destinations
        self._asked: dict[tuple[str, str], int] = {}
        self._given_up: set[tuple[str, str]] = set()

    def __call__(self, call: Callable[[], T], problems: Callable[[T], Iterable[NskeysError]]) -> T:
        """Return the value of `call`. It is called again after each secret that could be given for what it
        raises, or for the `problems` of its value; the last outcome stands where nobody can give one.
        Raises Cancelled."""
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
        """Return whether a secret could be given."""
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

"""Secrets that servers want: asked for until they are right, given up where nobody can give them."""

from collections.abc import Callable

import pytest

from nskeys.cli.session import ServerAuth
from nskeys.errors import (
    DestinationUnreachable,
    NoCopyMade,
    NskeysError,
    SecretUnavailable,
    ServerSecretWanted,
)
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest
from nskeys.reasons import Problem, Wanted
from tests.fakes.memory_destination import MemoryDestinations

PASSWORD = ServerSecretWanted(Wanted.SSH_PASSWORD, "backup@vault02")
PASSPHRASE = ServerSecretWanted(Wanted.SSH_PASSPHRASE, "/root/.ssh/id")


class Person:
    """Gives these answers, then none."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[Purpose, str, int]] = []

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        self.asked.append((request.purpose, request.subject, retry))
        if not self._answers:
            raise SecretUnavailable(Wanted(request.purpose))
        return SecretBytes.from_text(self._answers.pop(0))


def with_server_auth(
    person: Person, call: Callable[[], object], destinations: MemoryDestinations
) -> object:
    return ServerAuth(person, lambda: destinations)(call, lambda _: ())


def failing(*errors: NskeysError) -> Callable[[], str]:
    """A call that fails with each of these once, and then works."""
    left = list(errors)

    def call() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return call


def test_what_is_wanted_is_given_and_the_work_begun_again() -> None:
    person, places = Person("one", "two", "three"), MemoryDestinations()
    refused = ServerSecretWanted(Wanted.SSH_PASSWORD, "backup@vault02", refused=True)
    assert with_server_auth(person, failing(PASSWORD, refused, PASSPHRASE), places) == "done"
    assert places.given == {PASSWORD_KEY: "two", ("ssh_passphrase", "/root/.ssh/id"): "three"}
    assert person.asked == [
        (Purpose.SSH_PASSWORD, "backup@vault02", 0),
        (Purpose.SSH_PASSWORD, "backup@vault02", 1),
        (Purpose.SSH_PASSPHRASE, "/root/.ssh/id", 0),
    ]


PASSWORD_KEY = ("ssh_password", "backup@vault02")


def test_a_server_that_never_has_enough_ends_where_nobody_gives_more() -> None:
    person = Person("one", "two")
    with pytest.raises(ServerSecretWanted):
        with_server_auth(person, failing(*[PASSWORD] * 9), MemoryDestinations())
    assert len(person.asked) == 3


def test_where_nobody_can_be_asked_it_is_the_servers_word_that_is_said() -> None:
    with pytest.raises(ServerSecretWanted):
        with_server_auth(Person(), failing(PASSWORD), MemoryDestinations())
    with pytest.raises(DestinationUnreachable):
        with_server_auth(
            Person("x"),
            failing(DestinationUnreachable("sftp://v/x", Problem.CONNECTION_LOST)),
            MemoryDestinations(),
        )


def test_of_several_places_each_gets_what_it_wants_and_one_that_gets_none_holds_up_no_other() -> None:
    person, places = Person("one"), MemoryDestinations()
    problems: list[NskeysError] = [PASSWORD, PASSPHRASE]

    def call() -> list[NskeysError]:
        return [wanted for wanted in problems if (wanted.wanted, wanted.subject) not in places.given]  # type: ignore[attr-defined]

    left = ServerAuth(person, lambda: places)(call, lambda value: value)
    assert left == [PASSPHRASE]
    none = NoCopyMade((("sftp://v/x", PASSWORD), ("/mnt", DestinationUnreachable("/mnt", Problem.GONE))))
    assert with_server_auth(Person("one"), failing(none), MemoryDestinations()) == "done"
    with pytest.raises(NoCopyMade):
        with_server_auth(Person(), failing(none), MemoryDestinations())

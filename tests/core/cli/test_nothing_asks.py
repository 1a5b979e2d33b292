"""Under a passphrase only what must open keys asks for it: everything that looks does not."""

import pytest

from tests.fakes.command_line import Machine

LOOKS = (
    "status",
    "status --nagios",
    "status --prometheus",
    "key list",
    "credential list",
    "credential show run-as/one",
    "inspect latest",
    "destination list",
    "register list",
    "prune --plan",
    "registry",
    "runbook",
    "protector show",
    "audit",
    "audit --verify",
)
OPENS = ("verify", "re-entry", "credential show run-as/one --reveal", "register check", "key rotate")


@pytest.fixture
def server(machine: Machine) -> Machine:
    """Keys under a passphrase, one credential, one backup; nobody is at a terminal."""
    phrase = ("--passphrase-file", machine.file("phrase", "nine pears"))
    machine.does("init", "--server-name", "ns01", "--protector", "passphrase", *phrase)
    fields = ("--kind", "run-as", "--name", "one", "--target", "x", "--account", "y")
    machine.does("credential", "add", *fields, "--secret-file", machine.file("secret", "s"), *phrase)
    machine.back_up("--to", machine.vault(), *phrase)
    return machine


def test_what_only_looks_asks_for_nothing(server: Machine) -> None:
    for words in LOOKS:
        ran = server.run(*words.split())
        assert ran.code in (0, 1), (words, ran)
        assert "passphrase of the key store" not in ran.err.lower(), words


def test_what_opens_keys_does(server: Machine) -> None:
    for words in OPENS:
        ran = server.run(*words.split())
        assert ran.code == 77, (words, ran)
        assert "The passphrase of the key store is needed" in ran.err, words

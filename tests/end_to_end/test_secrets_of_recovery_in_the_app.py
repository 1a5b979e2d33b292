"""Marked secrets of those who open backups, typed into the app on a real terminal, under strace.

Custodians' words are on the screen while they are shown and typed, as they must be, and in nothing else.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.core.cli.test_custodians import words_on
from tests.end_to_end.test_secrets_of_recovery import opened, runs_of_words
from tests.end_to_end.test_secrets_stay_in_the_app import PASSPHRASE, SECRET, WRONG, Keys, Watched
from tests.fakes.command_line import Machine
from tests.fakes.sshd import a_person, an_sshd
from tests.fakes.token import PIN, Tokens

CHANGED, IDENTITY, LOGIN = (
    "MARK-secret-that-is-new",
    "MARK-eight-quinces-in-a-bowl",
    "MARK-five-figs-in-a-basket",
)


def prepared(machine: Machine, *protector: str) -> None:
    """A server with a credential and a vault, set up before anything is watched."""
    (machine.folder / "vault").mkdir()
    machine.does("init", "--server-name", "ns01", "--protector", *protector)
    given, secret = protector[1:], machine.file("secret", SECRET)
    fields = ("--kind", "run-as", "--name", "first", "--target", "x", "--account", "y")
    machine.does("credential", "add", *fields, "--secret-file", secret, *given)
    machine.does("destination", "add", str(machine.folder / "vault"), "--elsewhere", "tape to the safe")
    Path(secret).unlink()


def under_a_passphrase(machine: Machine) -> None:
    """The passphrase's file is gone before anything is watched."""
    phrase = machine.file("phrase", PASSPHRASE)
    prepared(machine, "passphrase", "--passphrase-file", phrase)
    Path(phrase).unlink()


def unlocked(keys: Keys) -> None:
    """The app's start, with a mistake."""
    keys.see("Passphrase of the key store").type(WRONG).see("does not open the key store")
    keys.type(PASSPHRASE).gone("Passphrase of the key store").see("first")


def edit(keys: Keys) -> None:
    """A new secret for the credential."""
    keys.press("enter").see("s Show secret").press("e").see("Enter Save").press("tab", "tab", "tab")
    keys.type(CHANGED).gone("Enter Save").see("s Show secret").press("escape").gone("s Show secret")


def menu(keys: Keys, entry: str) -> None:
    """To a screen that has no key of its own."""
    keys.press("m").see("▸ Backups").mark(entry).press("enter")


def make_identity(keys: Keys) -> None:
    """With two passwords that differ, and then with one."""
    menu(keys, "Recovery")
    keys.see("Enter makes one").press("enter").see("This makes recovery identity 1.").press("enter")
    keys.see("New password").type(IDENTITY, WRONG).see("differ").press("escape").gone("differ")
    keys.press("enter").see("New password").type(IDENTITY, IDENTITY)
    keys.see("b makes the first backup").press("escape").see("i  Recovery").press("escape").see(
        "Credentials"
    )


def back_up(keys: Keys) -> None:
    """To whoever is the recipient, without a password."""
    keys.press("b").see("where to?").press("enter").see("no password is asked").press("enter")
    keys.see("is complete", "not yet proven by a person").press("escape").gone("is complete").see(
        "Credentials"
    )


def drill(keys: Keys) -> None:
    """By the recovery identity's password, wrong and right."""
    keys.press("d").see("which backup?").press("enter").see("what is in it").press("enter")
    keys.see("Password of recovery identity 1").type(WRONG).see("does not open")
    keys.type(IDENTITY).see("Every credential opened").press("escape").gone("Every credential opened")


def split(keys: Keys) -> list[str]:
    """Sheets on the screen: their words, which are typed in again at once."""
    menu(keys, "Custodians")
    keys.see("n makes new sheets.").press("n").see("5 custodians", "Other numbers").press("down", "enter")
    keys.see("Nothing is made yet.").press("enter").see("Shown here").press("enter")
    texts = []
    for number in (1, 2, 3):
        keys.see(f"Next is the custodian of share {number} of 3.").press("enter").see(
            f"Share {number} of 3 of ns01", "Copy every word"
        )
        texts.append(words_on(keys.still().text))
        keys.press("enter")
    keys.see("every custodian now types the words in").press("enter")
    for number, text in enumerate(texts):
        keys.see(f"{number} of 3 given").still()
        share(keys, text)
    keys.see("Every one of the 3 shares was proven.").press("enter").gone("was proven")
    keys.press("escape").see("Credentials")
    return texts


def share(keys: Keys, text: str) -> None:
    """One sheet's words."""
    keys.see("Word 1 of 20").type(f"{text} ")


def drill_by_shares(keys: Keys, texts: Sequence[str]) -> None:
    """One share twice, then another."""
    keys.press("d").see("which backup?").press("enter").see("what is in it", "s Shares").press("s")
    keys.see("0 of 2 given")
    share(keys, texts[2])
    keys.see("1 of 2 given")
    share(keys, texts[2])
    keys.see("was given already").press(*["backspace"] * 20)
    share(keys, texts[0])
    keys.see("Every credential opened").press("escape").gone("Every credential opened")


def test_what_opens_backups_stays_in_the_app(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    under_a_passphrase(Machine(tmp_path, capsys, "home"))
    watched = Watched(tmp_path)
    with watched.app() as keys:
        unlocked(keys)
        edit(keys)
        make_identity(keys)
        back_up(keys)
        drill(keys)
        texts = split(keys)
        back_up(keys)
        drill_by_shares(keys, texts)
        keys.see("Credentials").press("q")
    assert [len(text.split()) for text in texts] == [20] * 3
    nowhere(watched, PASSPHRASE, WRONG, SECRET, CHANGED, IDENTITY)
    for name, key in watched.keys(PASSPHRASE).items():
        assert watched.found(key) == set(), name
    for text in texts:
        for pattern in runs_of_words(text):
            told = [data for run in watched.runs for data in (*run.started, *map(last, run.to_files()))]
            told += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
            assert not any(map(pattern.search, told)), "only the terminal may show a share"
        shown = (pattern.search(run.out) for run in watched.runs for pattern in runs_of_words(text))
        assert any(shown), "where it is shown it is found"


def last(seen: tuple[str, bytes]) -> bytes:
    """What was written, wherever."""
    return seen[1]


def nowhere(watched: Watched, *secrets: str) -> None:
    """Neither on the terminal nor in anything that was started, written or left."""
    for secret in secrets:
        assert watched.found(secret.encode()) == set(), secret
    assert not any(b"\x1b]52" in run.out for run in watched.runs), "nothing goes to the clipboard"
    assert list(watched.temporary.iterdir()) == []


def test_a_pin_and_a_server_s_password_stay_in_the_app(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tokens: Tokens
) -> None:
    world = tmp_path / "world"
    world.mkdir()
    machine = Machine(world, capsys, "home")
    pin = machine.file("pin", PIN)
    prepared(machine, tokens.uri(), "--pin-file", pin)
    Path(pin).unlink()
    (tmp_path / "user").mkdir()
    settings = {"SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"], "HOME": str(tmp_path / "user")}
    watched = Watched(world, settings)
    options = ("PasswordAuthentication yes", "PubkeyAuthentication no")
    with a_person(LOGIN) as person, an_sshd(tmp_path / "far", *options) as sshd:
        address = sshd.address(opened(world / "theirs"), person)
        machine.run("destination", "remove", str(world / "vault"))
        machine.run("destination", "add", address)
        machine.does("destination", "trust", address, "--fingerprint", sshd.fingerprint())
        with watched.app() as keys:
            keys.see("PIN").type(WRONG).see("PIN is wrong").type(PIN).gone("PIN").see("first")
            menu(keys, "Destinations")
            keys.see("t Test").press("t").see("Password of").type(WRONG).see("did not accept")
            keys.type(LOGIN).see("works").press("enter").press("escape").see("Menu").press("escape")
            keys.see("Credentials").press("q")
    nowhere(watched, PIN, WRONG, SECRET, LOGIN)

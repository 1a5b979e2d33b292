"""What somebody who can write to the database does to credentials, and that it is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.model.inventory import KeyDifference
from nskeys.model.plans import ProofReport
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.services.inventory import inventory_differences
from nskeys.wording.proofs import failure_lines
from tests.fakes.events import an_event
from tests.fakes.real_site import RealSite
from tests.fakes.servers import NOBODY, Server

PUT_BACK = (
    "DELETE FROM credentials WHERE name = 'one';"
    " INSERT INTO credentials SELECT * FROM older.credentials WHERE name = 'one'"
)
"""A row as it was once, with the seal of that time."""
OLDER_SEAL = (
    "UPDATE credentials SET sealed = (SELECT sealed FROM older.credentials WHERE name = 'one')"
    " WHERE name = 'one'"
)
COPIED = (
    "INSERT INTO credentials SELECT '0' || substr(id, 2), key_no, kind, 'four', target, account, note,"
    " number, created, updated, sealed FROM credentials WHERE name = 'two'"
)
EXCHANGED = (
    "UPDATE credentials SET number = number + 1 WHERE name = 'two';"
    " UPDATE credentials SET number = number - 1 WHERE name = 'three'"
)
_BY = "by something other than nskeys."


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server with three credentials on a real disk, of which one got a new secret since a copy of the
    database was made."""
    made = RealSite(tmp_path).server()
    made.set_up()
    for name in ("one", "two", "three"):
        made.add(name, f"first {name}")
    _aside(made).write_bytes(_database(made).read_bytes())
    _edit(made, "one")
    return made


def _database(server: Server) -> Path:
    return Path(server.installation.cmdb.address())


def _aside(server: Server) -> Path:
    return _database(server).with_name("aside.sqlite3")


def _edit(server: Server, name: str) -> None:
    seen = server.services.credentials.show(f"run-as/{name}")
    with SecretBytes.from_text("chosen later") as secret:
        server.services.credentials.edit(seen, seen.fields, secret, NOBODY)


def attack(server: Server, statements: str) -> None:
    """Write to the database without nskeys; `older` is the copy from before the edit."""
    with closing(sqlite3.connect(_database(server))) as database:
        database.execute("ATTACH ? AS older", (str(_aside(server)),))
        database.executescript(f"PRAGMA foreign_keys = ON; BEGIN; {statements}; COMMIT")


def verified(server: Server) -> ProofReport:
    return server.services.verify.execute(NOBODY)


def said(server: Server) -> str:
    """What verify says of what was done, without the key's id."""
    kid = server.active()
    return " ".join(failure_lines(verified(server))).replace(f" {kid[:8]}", "")


def quick(server: Server) -> tuple[KeyDifference, ...]:
    """What the comparison of numbers alone finds."""
    with server.installation.cmdb.reading() as view:
        return inventory_differences(view)


def test_what_nskeys_did_is_what_there_must_be(server: Server) -> None:
    proof = verified(server)
    assert (proof.whole, proof.opened, proof.differences) == (True, 3, ())
    assert quick(server) == ()


@pytest.mark.parametrize(
    ("statements", "words", "numbers_tell"),
    [
        (PUT_BACK, f"At least one credential of key was put back to an older state {_BY}", True),
        ("DELETE FROM credentials WHERE name <> 'two'", f"2 credentials of key were removed {_BY}", True),
        (
            "DELETE FROM credentials WHERE name = 'three'",
            f"1 credential of key was removed {_BY}",
            True,
        ),
        (
            COPIED,
            f"1 credential of key was added {_BY}",
            True,
        ),
        (OLDER_SEAL, f"At least one credential of key was changed {_BY}", False),
        (
            "UPDATE credentials SET created = created - 1 WHERE name = 'two'",
            f"At least one credential of key was changed {_BY}",
            False,
        ),
        (
            "UPDATE credentials SET note = 'call 555' WHERE name = 'two'",
            f"At least one credential of key was changed {_BY}",
            False,
        ),
        (
            EXCHANGED,
            f"At least one credential of key was changed {_BY}",
            False,
        ),
        (
            "UPDATE credentials SET number = 9223372036854775807",
            f"At least one credential of key was changed {_BY}",
            True,
        ),
        ("UPDATE credentials SET number = 1.5", f"At least one credential of key was changed {_BY}", True),
        (
            "UPDATE keys SET row_sum = x'00'",
            f"What key seals cannot be checked: its row in the database was changed {_BY}",
            True,
        ),
        (
            "UPDATE keys SET run_as_number_sum = 'many'",
            f"What key seals cannot be checked: its row in the database was changed {_BY}",
            True,
        ),
    ],
    ids=[
        "an older row", "two removed", "one removed", "one copied", "an older seal", "a moment", "a note",
        "numbers exchanged", "numbers whose sum overflows", "no numbers", "a sum cut", "a sum of words",
    ],
)  # fmt: skip
def test_what_something_else_did_is_named(
    server: Server, statements: str, words: str, *, numbers_tell: bool
) -> None:
    attack(server, statements)
    assert words in said(server)
    assert not verified(server).whole
    assert bool(quick(server)) is numbers_tell


def test_every_credential_opens_and_yet_it_is_not_whole(server: Server) -> None:
    """An older row opens under its own older number: only the inventory knows."""
    attack(server, PUT_BACK)
    proof = verified(server)
    assert (proof.opened, proof.failed, proof.whole) == (3, 0, False)
    [difference] = proof.differences
    assert (difference.kid, difference.older, difference.row_sum_fits) == (server.active(), True, False)


def test_an_older_seal_in_a_newer_row_does_not_open(server: Server) -> None:
    attack(server, OLDER_SEAL)
    assert [item.credential.fields.name for item in verified(server).failures] == ["one"]


@pytest.mark.parametrize("name", ["one", "two"])
def test_nothing_that_nskeys_does_afterwards_makes_it_whole(server: Server, name: str) -> None:
    """Neither an edit of that row nor of another, nor its removal, nor a rotation."""
    attack(server, PUT_BACK)
    _edit(server, name)
    assert not verified(server).whole
    server.rotate(without_backup=True)
    assert not verified(server).whole
    server.services.credentials.remove(server.services.credentials.show(f"run-as/{name}"), NOBODY)
    assert not verified(server).whole


def test_other_credentials_do_not_wait(server: Server) -> None:
    attack(server, OLDER_SEAL)
    server.add("four")
    _edit(server, "two")
    assert server.secrets()["run-as/two"] == "chosen later"
    assert not verified(server).whole


def test_taking_it_back_makes_it_whole_again(server: Server) -> None:
    _aside(server).write_bytes(_database(server).read_bytes())
    attack(server, "DELETE FROM credentials WHERE name = 'two'")
    assert not verified(server).whole
    attack(server, "INSERT INTO credentials SELECT * FROM older.credentials WHERE name = 'two'")
    assert verified(server).whole


def test_a_rotation_leaves_what_does_not_open_and_its_difference(server: Server) -> None:
    old = server.active()
    attack(server, "UPDATE credentials SET account = 'CORP\\other' WHERE name = 'two'")
    report = server.rotate(without_backup=True)
    assert [item.credential.fields.name for item in report.left] == ["two"]
    assert [difference.kid for difference in verified(server).differences] == [old]


def test_counting_anew_takes_the_rows_as_they_are(server: Server) -> None:
    attack(server, PUT_BACK)
    with server.installation.cmdb.changing(an_event()) as change:
        change.count_anew()
        number = change.number
    assert verified(server).whole
    with server.installation.cmdb.reading() as view:
        assert [known.counted for _, known in view.inventory() if known is not None] == [number]


def test_a_credential_is_sealed_under_the_number_of_its_change(server: Server) -> None:
    added = server.add("four")
    with server.installation.cmdb.reading() as view:
        assert added.number == view.number
        stored = view.credential(added.credential_id)
    assert stored is not None
    assert stored.credential.number == added.number
    server.rotate(without_backup=True)
    assert server.services.credentials.show("run-as/four").number == added.number
    assert server.secrets()["run-as/four"] == "secret"


def test_a_drill_that_finds_it_does_not_say_that_credentials_open(server: Server) -> None:
    address = server.back_up().copy.address
    attack(server, PUT_BACK)
    report = server.drill(address)
    assert (report.proof.failures, report.reached) == ((), Proof.KEYS_MATCH)
    assert report.recorded
    [copy] = server.services.register.copies()
    assert copy.proof is Proof.KEYS_MATCH
    assert server.services.recoverability.assess().drilled == 0

"""A command that could not write down what it found does not end as if it had."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.fakes.command_line import Machine


@pytest.fixture
def backed_up(server: Machine) -> Machine:
    """A backup elsewhere that was drilled never."""
    server.back_up("--to", server.vault())
    return server


@contextmanager
def lock_held(machine: Machine) -> Iterator[None]:
    """Somebody else's change goes on for as long as this does."""
    descriptor = os.open(machine.home / "lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def nobody_else_writes(machine: Machine) -> Iterator[None]:
    """Another program holds the database: it can be read and not written."""
    with closing(sqlite3.connect(machine.home / "cmdb.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def diary(machine: Machine) -> int:
    """How many lines the diary of drills has."""
    return len(machine.does("register", "diary"))


def test_a_drill_asks_for_the_lock_before_it_asks_for_a_password(backed_up: Machine) -> None:
    with lock_held(backed_up):
        # Whoever read the file with the password would be told that it is missing.
        ran = backed_up.run("drill", "latest", "--password-file", "/nowhere/password", "--wait", "0")
    assert ran.code == 75
    assert "/nowhere" not in ran.err
    assert diary(backed_up) == 0


def test_a_drill_that_was_not_written_down_is_not_done(backed_up: Machine) -> None:
    with nobody_else_writes(backed_up):
        ran = backed_up.run(
            "drill", "latest", "--password-file", backed_up.password, "--wait", "0", "--json"
        )
    assert ran.code == 1
    assert ran.json["credentials"] == {"opened": 2, "failed": 0}  # what was proven is told all the same
    assert (ran.json["recorded"], ran.json["diary"]) == (False, "not_written")
    assert "The register could not be updated, so it counts as before." in ran.err
    assert diary(backed_up) == 0
    again = backed_up.run("drill", "latest", "--password-file", backed_up.password)
    assert again.code == 0
    assert diary(backed_up) == 1


def test_a_drill_where_the_keys_are_not_at_hand_is_written_down_unsigned(backed_up: Machine) -> None:
    other = backed_up.beside("b")
    other.home.mkdir()
    (other.home / "cmdb.sqlite3").write_bytes((backed_up.home / "cmdb.sqlite3").read_bytes())
    done = other.run("drill", "latest", "--password-file", other.password, "--json")
    assert (done.code, done.json["diary"]) == (0, "unsigned")
    with nobody_else_writes(other):
        ran = other.run("drill", "latest", "--password-file", other.password, "--wait", "0", "--json")
    assert (ran.code, ran.json["diary"]) == (1, "not_written")


@pytest.mark.parametrize(
    "argv",
    [
        ["backup"],
        ["register", "check"],
        ["register", "add", "{copy}"],
        ["register", "retire", "{copy}"],
        ["prune", "--keep-last", "2"],
        ["identity", "create"],
        ["key", "rotate"],
        ["credential", "show", "run-as/deploy-finance", "--reveal"],
    ],
    ids=" ".join,
)
def test_no_command_ends_well_whose_line_could_not_be_written(backed_up: Machine, argv: list[str]) -> None:
    [copy] = backed_up.does("register", "list")
    if argv[0] in ("prune", "register"):
        backed_up.back_up("--to", copy["destination"])
    if argv[0] == "prune":
        for _ in range(3):
            backed_up.back_up("--to", copy["destination"])
    words = [word.format(copy=copy["path"], vault=copy["destination"]) for word in argv]
    before = len(backed_up.does("audit"))
    asks = ["--password-file", backed_up.password] if argv[0] in ("backup", "identity") else []
    with nobody_else_writes(backed_up):
        ran = backed_up.run(*words, *asks, "--wait", "0")
    assert ran.code not in (0, 70), ran.out + ran.err
    assert "is complete" not in ran.err
    assert len(backed_up.does("audit")) == before
    assert backed_up.run(*words, *asks).code in (0, 1)  # and now it goes


@pytest.mark.parametrize(
    ("argv", "action"),
    [
        (["destination", "remove", "{vault}"], "destination-removed"),
        (["schedule", "install"], "schedule-installed"),
    ],
    ids=["destination remove", "schedule install"],
)
def test_what_is_no_part_of_the_checkpoint_waits_in_the_home_and_becomes_a_line_at_the_next_change(
    backed_up: Machine, argv: list[str], action: str
) -> None:
    """Settings and units change while the database is somebody else's: nothing is signed for them."""
    [copy] = backed_up.does("register", "list")
    if argv[0] == "schedule":
        (backed_up.folder / "units").mkdir()
        backed_up.does("identity", "create", "--password-file", backed_up.password)
    events = backed_up.home / "events.jsonl"
    before = backed_up.does("audit")
    with nobody_else_writes(backed_up):
        ran = backed_up.run(*[word.format(vault=copy["destination"]) for word in argv], "--wait", "0")
    assert ran.code == 0, ran.err
    assert action in events.read_text("utf-8")
    assert backed_up.does("audit") == before
    backed_up.add("run-as", "after", "x", "svc", "s")
    added = [line["action"] for line in backed_up.does("audit")[len(before) :]]
    assert sorted(added) == sorted([action, "credential-added"])
    assert not events.exists() or action not in events.read_text("utf-8")

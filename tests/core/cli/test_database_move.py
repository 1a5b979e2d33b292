"""`nskeys database move`: planned, confirmed and done by command; refused with a sentence."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nskeys.cli.session import Session
from nskeys.errors import CannotCreate
from nskeys.model.recovery import IdentityKind
from nskeys.ports import Purpose
from nskeys.reasons import Problem
from nskeys.wording.schedule import OUTDATED
from tests.fakes.command_line import Machine, connect_cheaply, tree
from tests.fakes.fixed import Answers
from tests.fakes.postgres import postgres_url


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of an empty database."""
    with postgres_url() as url:
        yield url


def shown(machine: Machine) -> list[str]:
    """The name of every credential."""
    return sorted(one["name"] for one in machine.does("credential", "list"))


def test_it_moves_and_comes_back(server: Machine, postgres: str) -> None:
    before = shown(server)
    moved = server.does("database", "move", postgres, "--yes")
    old = server.home / "cmdb.sqlite3"
    assert (moved["from"], moved["to"]) == (
        {"engine": "SQLite", "address": str(old)},
        {"engine": "PostgreSQL", "address": postgres},
    )
    assert moved["credentials"] == 2
    assert (moved["put_aside"].startswith(f"{old}.moved-"), old.exists()) == (True, False)
    assert (shown(server), server.run("verify").code) == (before, 0)
    assert server.does("audit")[-1]["action"] == "database-moved"
    ran = server.run("database", "move", str(old), "--yes")
    assert ran.code == 0
    assert f"The CMDB is at {old} since change {moved['number'] + 1}" in ran.err
    assert "was left as it is. It is one change behind and refused as the CMDB" in " ".join(ran.err.split())
    assert (shown(server), server.run("verify").code) == (before, 0)
    assert "cmdb =" not in (server.home / "config.toml").read_text()


def test_a_plan_says_what_would_happen_and_changes_nothing(server: Machine, tmp_path: Path) -> None:
    there = tmp_path / "there.sqlite3"
    before = tree(server.home)
    planned = server.does("database", "move", str(there), "--plan")
    assert (planned["credentials"], planned["begun"], planned["already_moved"]) == (2, False, False)
    ran = server.run("database", "move", str(there), "--plan")
    assert ran.code == 0
    assert "2 credentials among them" in ran.out
    assert f"that is change {planned['number'] + 1}" in ran.err
    assert "only the plan" in ran.err
    assert not there.exists()
    after = tree(server.home)
    assert {**after, "lock": b""} == {**before, "lock": b""}


def answering(said: str | None, asked: list[str]) -> Callable[[Session, str], str | None]:
    """What a person at the terminal says; nobody is there where that is None."""

    def answered(_: Session, question: str) -> str | None:
        asked.append(question)
        return said

    return answered


def test_a_person_says_yes_and_a_script_has_to(
    server: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = str(tmp_path / "there.sqlite3")
    for answer, code in ((None, 64), ("no", 130), ("YES", 0)):
        asked: list[str] = []

        monkeypatch.setattr(Session, "asked", answering(answer, asked))
        ran = server.run("database", "move", there)
        assert (ran.code, len(asked)) == (code, 1)
        assert "Every row is copied there and compared" in ran.err
        assert Path(there).exists() is (code == 0)


def test_what_is_refused_has_a_sentence_and_a_number(
    server: Machine, tmp_path: Path, postgres: str
) -> None:
    other = server.beside("b")
    other.set_up()
    elsewhere = str(other.home / "cmdb.sqlite3")
    for address, code, words in (
        (elsewhere, 73, "is not empty: it is a CMDB already."),
        (str(server.home / "cmdb.sqlite3"), 73, "The CMDB is at"),
        ("mysql://db/nskeys", 78, "Name a file (sqlite:///PATH)"),
        ("postgresql://nskeys:secret@db/nskeys", 78, "Take the password out"),
        ("host=db password=secret", 78, "Name a file (sqlite:///PATH)"),
        (os.fsdecode(b"postgresql://db/\xe9"), 78, "it is not UTF-8 text"),
        (os.fsdecode(bytes(tmp_path) + b"/caf\xe9.sqlite3"), 78, "it is not UTF-8 text"),
        (str(tmp_path / "nowhere" / "cmdb.sqlite3"), 73, "cannot be written"),
        (f"{postgres}&port=1&connect_timeout=1", 69, "cannot be opened"),
    ):
        before = tree(server.home)
        ran = server.run("database", "move", address, "--yes")
        assert (ran.code, words in " ".join(ran.err.split())) == (code, True), ran.err
        assert "secret" not in ran.err
        assert {**tree(server.home), "lock": b""} == {**before, "lock": b""}
    assert shown(other) == shown(server)


def test_whoever_points_back_is_told_where_it_went(server: Machine, tmp_path: Path) -> None:
    there = tmp_path / "there.sqlite3"
    moved = server.does("database", "move", str(there), "--yes")
    config = server.home / "config.toml"
    config.write_text(config.read_text().replace(str(there), moved["put_aside"]))
    ran = server.run("status")
    assert ran.code == 2
    told = " ".join((ran.out + ran.err).split())
    assert f"Change {moved['number']} moved the CMDB to another database" in told
    assert server.run("credential", "remove", "run-as/deploy-finance", "--yes").code == 77


def test_a_file_that_kept_its_name_is_no_success(
    server: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = str(tmp_path / "there.sqlite3")
    with monkeypatch.context() as patch:

        def no_permission(*_: object) -> str:
            raise CannotCreate(str(tmp_path), Problem.NOT_PERMITTED)

        patch.setattr("nskeys.store.cmdb.database.put_aside", no_permission)
        ran = server.run("database", "move", there, "--yes")
    assert (ran.code, "still has its name" in ran.err) == (1, True)
    assert (
        "only its old file is still to be put aside" in server.run("database", "move", there, "--plan").err
    )
    done = server.does("database", "move", there, "--yes")
    assert Path(done["put_aside"]).exists()


def test_whoever_has_timers_is_told_that_their_units_are_of_the_old_place(
    server: Machine, tmp_path: Path
) -> None:
    services = connect_cheaply(str(server.home), None)
    answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: ["a password nobody wrote down"]})
    services.recovery.execute(services.recovery.plan(IdentityKind.PERSON), answers)
    services.close()
    (server.folder / "units").mkdir()
    there = tmp_path / "srv" / "there.sqlite3"
    there.parent.mkdir()
    assert OUTDATED not in server.run("database", "move", f"{server.home}/here.sqlite3", "--yes").err
    assert server.run("schedule", "install").code == 0
    ran = server.run("database", "move", str(there), "--yes")
    assert (ran.code, OUTDATED in " ".join(ran.err.split())) == (0, True)
    assert server.run("schedule", "install").code == 0

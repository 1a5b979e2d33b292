"""Whoever went on without the keys is told which backup says to have them, before anything is typed."""

import csv
import io
import shlex
import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.fakes.command_line import Machine


@pytest.fixture
def left_behind(server: Machine) -> tuple[Machine, str, str]:
    """A server that goes on without the keys of its two credentials; the address of the backup that has
    them, and their key."""
    made = server.back_up("--to", server.vault())
    other = server.beside("b")
    other.home.mkdir()
    shutil.copy(server.home / "cmdb.sqlite3", other.home)
    other.does("init", "--protector", "file", "--accept-loss", "2")
    [kid] = made["key_ids"]
    return other, made["path"], kid


def test_re_entry_names_it_as_text_as_a_table_and_for_scripts(
    left_behind: tuple[Machine, str, str],
) -> None:
    other, address, _ = left_behind
    ran = other.run("re-entry")
    assert ran.code == 1
    said = f"backup 1 says that it holds its key, and nothing here vouches for that: {address}"
    assert ran.out.count(said) == 2
    assert f"Try it before anything is typed anew: 'nskeys restore {address}'." in " ".join(ran.err.split())
    for row in csv.DictReader(io.StringIO(other.run("re-entry", "--csv").out)):
        assert (row["address"], row["vouched"]) == (address, "no")
    for item in other.run("re-entry", "--json").json["items"]:
        assert item["backup"] is None
        assert item["claimed_by"] == {"path": address, "generation": 1}


def test_status_names_it_and_counts_it_for_nothing(left_behind: tuple[Machine, str, str]) -> None:
    other, address, kid = left_behind
    ran = other.run("status")
    assert ran.code == 2
    assert "If this server died now, 0 of 2 credentials would come back." in ran.out
    claim = f"Backup 1 says that it holds key {kid[:8]}; nothing here vouches for that."
    assert claim in ran.out
    assert claim.replace(";", ":") in other.run("status", "--nagios").out
    told = other.run("status", "--json").json
    assert told["claims"] == [{"key_id": kid, "path": address, "generation": 1}]
    assert told["credentials"]["lost"] == 2


def test_following_it_brings_everything_back_and_then_nothing_is_claimed(
    server: Machine,
    left_behind: tuple[Machine, str, str],
) -> None:
    other, address, _ = left_behind
    ran = other.run(
        *shlex.split(f"restore {address}"), "--password-file", other.password, *server.confirmed
    )
    assert ran.code == 0, ran.err
    assert other.run("re-entry").code == 0
    assert other.run("status", "--json").json["claims"] == []
    assert "says that it holds" not in other.run("re-entry").out


def test_a_claim_is_shown_and_never_looked_at(left_behind: tuple[Machine, str, str]) -> None:
    """Whoever can write to the database chooses the address: nobody is called for it."""
    other, address, _ = left_behind
    with closing(sqlite3.connect(other.home / "cmdb.sqlite3")) as database, database:
        rows = database.execute("SELECT body FROM register").fetchall()
        [text] = [body for (body,) in rows if address in body]  # the other one is the database copy's
        moved = text.replace(address, "sftp://127.0.0.1:1/x;rm -rf ~/b.zip")
        database.execute("UPDATE register SET body = ? WHERE body = ?", (moved, text))
    ran = other.run("re-entry")
    assert "'sftp://127.0.0.1:1/x;rm -rf ~/b.zip'" in " ".join(ran.err.split())  # quoted for a shell
    [copy] = other.does("register", "list")
    assert (copy["signed"], copy["sight"]) == (False, "not_looked")

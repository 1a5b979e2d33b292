"""`nskeys database`: the other half of a backup, made, listed, inspected and looked at by command."""

import shutil
from pathlib import Path

import pytest

from nskeys.wording.database_copies import TOO_LARGE_FOR_EACH_HOUR
from tests.fakes.command_line import Machine


def parts(place: str) -> list[Path]:
    return sorted(Path(place).glob("*-cmdb-*.zip"))


def listing(copies: list[object], declared: list[object]) -> dict[str, object]:
    return {"copies": copies, "declared": declared}


def test_a_copy_is_made_asks_nobody_and_is_listed(server: Machine) -> None:
    vault = server.vault()
    assert server.does("database", "list") == listing([], [])
    made = server.does("database", "copy", "--to", vault)
    (copy,) = made["copies"]
    assert (copy["destination"], copy["proof"], copy["counts"]) == (vault, "keys_match", True)
    assert [part["name"] for part in copy["parts"]] == [path.name for path in parts(vault)]
    assert made["failures"] == made["left_out"] == made["differing_keys"] == []
    (listed,) = server.does("database", "list")["copies"]
    assert listed["id"] == copy["id"]


def test_it_says_what_was_made_in_words(server: Machine) -> None:
    vault = server.vault()
    assert "No database copy was made yet" in server.run("database").err
    ran = server.run("database", "copy", "--to", vault)
    assert ran.code == 0
    assert "opened after it was written, and its rows are those that must be there" in ran.out
    assert "is complete: it was read back and opened." in ran.err
    assert "rows match" in server.run("database", "list").out


def test_a_part_is_inspected_without_any_key(server: Machine) -> None:
    vault = server.vault()
    server.does("database", "copy", "--to", vault)
    (part,) = parts(vault)
    ran = server.run("inspect", str(part))
    assert ran.code == 0
    assert "1 of 1" in ran.out
    assert server.does("inspect", str(part))["part"] == 1
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    assert server.run("inspect", str(part)).code == 65


def test_the_register_looks_at_every_part(server: Machine) -> None:
    vault = server.vault()
    server.does("database", "copy", "--to", vault)
    ran = server.run("register", "check")
    assert (ran.code, "1 database copy looked at, none is missing or changed." in ran.err) == (0, True)
    parts(vault)[0].unlink()
    ran = server.run("register", "check")
    assert (ran.code, "1 missing, changed or out of reach" in ran.err) == (1, True)
    assert server.does("database", "list")["copies"][0]["sight"] == "missing"
    assert not server.does("database", "list")["copies"][0]["counts"]


def test_a_destination_without_a_copy_is_no_success(server: Machine) -> None:
    vault = server.vault()
    ran = server.run("database", "copy", "--to", vault, "--to", str(server.folder / "nowhere" / "there"))
    assert ran.code == 1
    assert "No copy in" in ran.err


def test_a_part_is_no_backup_of_keys(server: Machine) -> None:
    vault = server.vault()
    server.does("database", "copy", "--to", vault)
    (part,) = parts(vault)
    ran = server.run("drill", str(part))
    assert ran.code == 65
    assert f"There is no key backup in {vault}, but 1 database copy" in ran.err
    assert "looked at" in server.run("register", "check").err
    assert part.name not in server.run("register", "check").err  # it is known
    assert part.name not in server.run("prune", "--plan").out


def test_a_part_is_tried_with_the_key_backup_beside_it_where_the_database_is(server: Machine) -> None:
    """A drill replaces nothing, so a CMDB that has rows is not in its way."""
    vault = server.vault()
    server.back_up("--to", vault)
    (part,) = parts(vault)
    drilled = server.does("drill", str(part), "--password-file", server.password)
    assert drilled["credentials"] == {"opened": 2, "failed": 0}


def test_where_nothing_changed_none_is_made(server: Machine) -> None:
    vault = server.vault()
    first = server.does("database", "copy", "--to", vault, "--if-needed")["copies"][0]
    server.does("register", "check")  # a change, but of no credential
    again = server.run("database", "copy", "--to", vault, "--if-needed")
    assert (again.code, len(parts(vault))) == (0, 1)
    assert "No database copy is needed" in again.err
    assert server.does("database", "copy", "--to", vault, "--if-needed")["copies"][0]["id"] == first["id"]
    server.does("credential", "edit", server.does("credential", "list")[0]["id"][:12], "--note", "new")
    assert server.does("database", "copy", "--to", vault, "--if-needed")["copies"][0]["id"] != first["id"]
    for part in parts(vault):
        part.unlink()
    assert len(server.does("database", "copy", "--to", vault, "--if-needed")["copies"]) == 1
    assert len(parts(vault)) == 1


def test_each_hour_one_is_made_only_while_it_is_small(
    server: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = server.vault()
    hourly = ("database", "copy", "--to", vault, "--while-small")
    server.does(*hourly)
    size = parts(vault)[0].stat().st_size
    monkeypatch.setattr("nskeys.services.database.service.HOURLY_LIMIT", size)
    assert len(server.does(*hourly)["copies"]) == 1
    monkeypatch.setattr("nskeys.services.database.service.HOURLY_LIMIT", size - 1)
    ran = server.run(*hourly)
    assert (ran.code, len(parts(vault))) == (0, 2)
    assert TOO_LARGE_FOR_EACH_HOUR in " ".join(ran.err.split())
    server.does("database", "copy", "--to", vault)  # the nightly one is made all the same
    assert len(parts(vault)) == 3


def test_the_register_lists_copies_and_takes_a_part_that_was_carried_elsewhere(
    server: Machine, tmp_path: Path
) -> None:
    vault = server.vault()
    server.back_up("--to", vault)
    listed = server.run("register", "list").out
    assert "rows match" in listed
    assert "opened" in listed
    tape = tmp_path / "tape"
    tape.mkdir()
    (part,) = parts(vault)
    carried = shutil.copy(part, tape)
    added = server.does("register", "add", str(carried))
    assert (added["destination"], added["proof"]) == (str(tape), "intact")
    assert "is in the register now, as intact" in server.run("register", "add", str(carried)).err
    assert {copy["destination"] for copy in server.does("database", "list")["copies"]} == {vault, str(tape)}

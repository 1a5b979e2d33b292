"""`nskeys backup` to several destinations at once, as a timer runs it."""

from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree


@pytest.fixture
def vaults(server: Machine) -> tuple[str, str]:
    """Two destinations that are configured."""
    other = server.folder / "other"
    other.mkdir()
    first = server.vault()
    server.does("destination", "add", str(other), "--elsewhere", "another tape")
    return first, str(other)


DONE = "Backup of Notification Server cryptographic keys is complete."


def backups_in(place: str) -> list[Path]:
    """The key backups that lie there."""
    return sorted(file for file in Path(place).glob("*.zip") if "-cmdb-" not in file.name)


def copies_in(place: str) -> list[Path]:
    """The database copies, each of one part."""
    return sorted(Path(place).glob("*-cmdb-1of1*.zip"))


def archives(*places: str) -> list[int]:
    """How many key backups lie in each; a database copy lies beside them."""
    assert all(copies_in(place) for place in places if backups_in(place))
    return [len(backups_in(place)) for place in places]


def test_each_named_destination_gets_its_copy(server: Machine, vaults: tuple[str, str]) -> None:
    first, second = vaults
    local = server.folder / "local"
    local.mkdir()
    made = server.back_up("--to", str(local), "--to", second, "--to", first)
    assert archives(first, second, str(local)) == [1, 1, 1]
    assert [(item["destination"], item["location"]) for item in made["copies"]] == [
        (str(local), "here"),
        (second, "elsewhere"),
        (first, "elsewhere"),
    ]
    assert {item["proof"] for item in made["copies"]} == {"opened"}
    assert made["failures"] == []
    assert made["path"] == made["copies"][1]["path"]
    assert server.does("registry")["KMSBackupPath"] == second
    assert sorted(row["destination"] for row in server.does("register", "list")) == sorted(
        [str(local), second, first]
    )


def test_everywhere_is_every_configured_destination(server: Machine, vaults: tuple[str, str]) -> None:
    ran = server.run("backup", "--everywhere", "--password-file", server.password)
    assert (ran.code, archives(*vaults)) == (0, [1, 1])
    assert ran.err.startswith(f"{DONE}\nThe database copy of change ")
    assert ran.out.count("file ") == 4


def test_everywhere_without_a_configured_one_is_where_backups_go(server: Machine) -> None:
    assert len(server.back_up("--everywhere")["copies"]) == 1
    assert archives(str(server.home / "backups")) == [1]


def test_everywhere_and_a_destination_contradict_each_other(server: Machine) -> None:
    assert server.run("backup", "--everywhere", "--to", "/x").code == 64


def test_what_was_written_counts_and_what_failed_is_said(server: Machine, vaults: tuple[str, str]) -> None:
    first, second = vaults
    Path(second).rmdir()
    ran = server.run("backup", "--everywhere", "--password-file", server.password)
    assert ran.code == 1
    complete, failed, copied = ran.err.splitlines()
    assert complete == DONE
    assert copied.startswith("The database copy of change ")
    assert failed.startswith(f"No copy in {second}: ")
    assert "folder" in failed
    assert ran.out.count("file ") == 2
    again = server.run("backup", "--everywhere", "--password-file", server.password, "--json")
    assert again.code == 1
    assert [item["destination"] for item in again.json["copies"]] == [first]
    assert [item["destination"] for item in again.json["failures"]] == [second]
    assert again.json["failures"][0]["problem"] in failed
    assert server.run("status").code == 0


def test_where_none_got_a_copy_each_is_said_and_nothing_changed(
    server: Machine, vaults: tuple[str, str]
) -> None:
    for place in vaults:
        Path(place).rmdir()
    before = tree(server.home)
    ran = server.run("backup", "--everywhere", "--password-file", server.password)
    assert (ran.code, ran.out) == (69, "")
    assert all(place in ran.err for place in vaults)
    assert tree(server.home) == before


# --- only where it is needed ---------------------------------------------------------------------


def needed(server: Machine) -> int:
    """A run of a timer: its exit code."""
    return server.run("backup", "--everywhere", "--if-needed", "--password-file", server.password).code


def test_each_destination_that_lacks_a_good_copy_gets_one_and_no_other(
    server: Machine, vaults: tuple[str, str]
) -> None:
    first, second = vaults
    assert (needed(server), archives(*vaults)) == (0, [1, 1])
    assert (needed(server), archives(*vaults)) == (0, [1, 1])
    gone = backups_in(second)[0]
    gone.unlink()
    assert (needed(server), archives(*vaults)) == (0, [1, 1])
    damaged = backups_in(first)[0]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    assert (needed(server), archives(*vaults)) == (0, [2, 1])
    assert server.run("status").code == 0


def test_a_destination_that_is_added_later_gets_its_copy(server: Machine, vaults: tuple[str, str]) -> None:
    assert needed(server) == 0
    third = server.folder / "third"
    third.mkdir()
    server.does("destination", "add", str(third))
    assert (needed(server), archives(*vaults, str(third))) == (0, [1, 1, 1])


def test_a_new_key_is_needed_everywhere(server: Machine, vaults: tuple[str, str]) -> None:
    assert needed(server) == 0
    assert server.run("key", "rotate").code == 1
    assert (needed(server), archives(*vaults)) == (0, [2, 2])
    assert server.run("key", "rotate").code == 0
    assert (needed(server), archives(*vaults)) == (0, [2, 2])


def test_one_that_cannot_be_reached_is_said_every_time(server: Machine, vaults: tuple[str, str]) -> None:
    first, second = vaults
    assert needed(server) == 0
    away = Path(second).rename(server.folder / "away")
    ran = server.run("backup", "--everywhere", "--if-needed", "--password-file", server.password)
    assert (ran.code, archives(first)) == (69, [1])
    assert second in ran.err
    away.rename(second)
    assert (needed(server), archives(*vaults)) == (0, [1, 1])


def test_named_destinations_are_asked_one_by_one_too(server: Machine, vaults: tuple[str, str]) -> None:
    first, second = vaults
    server.back_up("--to", first)
    ran = server.run("backup", "--to", first, "--if-needed", "--password-file", server.password)
    assert "No backup is needed: backup 1 of" in ran.err
    assert (server.back_up("--to", second, "--if-needed")["location"], archives(*vaults)) == (
        "elsewhere",
        [1, 1],
    )
    said = server.run("backup", "--everywhere", "--if-needed", "--password-file", server.password)
    assert "each of 2 destinations holds every key of this server" in said.err
    assert said.out.count("file ") == 4


def test_no_password_is_asked_for_where_none_is_needed(server: Machine, vaults: tuple[str, str]) -> None:
    server.back_up("--everywhere")
    document = server.does("backup", "--everywhere", "--if-needed")
    assert [item["destination"] for item in document["copies"]] == list(vaults)
    assert document["failures"] == []


def test_lost_registry_values_make_one_due_everywhere(server: Machine, vaults: tuple[str, str]) -> None:
    assert needed(server) == 0
    (server.home / "registry.json").unlink()
    assert (needed(server), archives(*vaults)) == (0, [2, 2])
    assert server.does("registry")["KMSBackupPath"] == vaults[0]

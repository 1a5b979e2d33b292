"""Somebody else's file with a hostile name at a destination keeps nothing from the files beside it."""

from pathlib import Path

import pytest

from tests.fakes.command_line import Machine
from tests.fakes.naming_sftp import naming_sftp

NAMES = [
    b"../../../etc/cron.d/x.zip",
    b"/abs.zip",
    b"back\\slash.zip",
    b"bell\x07.zip",
    b"latin\xf6.zip",
    b"..",
    b".",
]


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    folder = tmp_path / "shown"
    (folder / "keys").mkdir(parents=True)
    return folder


def test_the_other_backups_on_such_a_server_are_listed_checked_pruned_and_restored(
    server: Machine, shown: Path
) -> None:
    with naming_sftp(shown, NAMES) as sftp:
        place = sftp.address("/keys")
        server.run("destination", "add", place, "--elsewhere", "another site, through a tunnel")
        assert server.run("destination", "trust", place, "--fingerprint", sftp.fingerprint).code == 0
        made = [server.back_up("--to", place)["path"] for _ in range(3)]
        ran = server.run("prune", "--plan", "--keep-last", "1", "--keep-monthly", "0")
        assert ran.code == 0, ran.err
        assert "5 files at" in ran.err
        assert "have names that nskeys never writes, so they are left alone." in ran.err
        assert not any(part in ran.out + ran.err for part in ("etc/cron", "abs.zip", "\x07"))
        plan = server.does("prune", "--plan", "--keep-last", "1", "--keep-monthly", "0")
        assert plan["odd_names"] == [{"destination": place, "files": 5}]
        assert [item["fate"] for item in plan["files"]] == ["delete", "delete", "keep"]
        checked = server.run("register", "check", "--json")
        assert [row["sight"] for row in checked.json] == ["good"] * 3
        pruned = server.does("prune", "--keep-last", "1", "--keep-monthly", "0")
        assert pruned["deleted"] == made[:2]
        drilled = server.does("drill", made[2], "--password-file", server.password)
        assert drilled["proof"] == "credentials_open"


def test_a_stray_beside_odd_names_is_still_found(server: Machine) -> None:
    vault = Path(server.vault())
    made = Path(server.back_up("--to", str(vault))["path"])
    (vault / "line\nbreak.zip").write_bytes(b"theirs")
    (vault / made.name.replace(".zip", "-9.zip")).write_bytes(made.read_bytes())
    ran = server.run("register", "check")
    assert "that the register does not know" in ran.err
    assert "-9.zip" in ran.err

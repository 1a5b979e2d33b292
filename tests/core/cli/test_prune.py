"""`nskeys prune`, as an administrator and a timer use it."""

import os
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree
from tests.fakes.s3_server import S3Server
from tests.fakes.sshd import Sshd


def four_backups(server: Machine) -> list[str]:
    """In a vault that counts as elsewhere: their paths, oldest first."""
    vault = server.vault()
    return [server.back_up("--to", vault)["path"] for _ in range(4)]


def test_the_plan_says_of_every_file_what_becomes_of_it_and_why(server: Machine) -> None:
    paths = four_backups(server)
    (Path(paths[0]).parent / "theirs.zip").write_bytes(b"somebody else's")
    before = tree(server.folder)
    ran = server.run("prune", "--plan", "--keep-last", "2", "--keep-monthly", "0")
    assert ran.code == 0, ran.err
    lines = [line.split("  ") for line in ran.out.splitlines()]
    told = {cells[-1].strip(): [cell.strip() for cell in cells if cell.strip()][:-1] for cells in lines}
    for path, fate, why in (
        (paths[0], "delete", "beyond what is kept"),
        (paths[1], "delete", "beyond what is kept"),
        (paths[2], "keep", "one of the last"),
        (paths[3], "keep", "one of the last"),
        (str(Path(paths[0]).parent / "theirs.zip"), "keep", "not in the register"),
    ):
        assert (told[path][0], told[path][-1]) == (fate, why)
    assert ran.err.splitlines() == [
        "Kept: the last 2 key backups, and the last 48 database copies, at each destination.",
        "2 key backups are to be deleted, 3 files stay.",
        "Nothing was changed: this is only the plan.",
    ]
    document = server.does("prune", "--plan", "--keep-last", "2", "--keep-monthly", "0")
    assert (document["keep_last"], document["keep_monthly"], document["skipped"]) == (2, 0, [])
    assert [item["fate"] for item in document["files"]] == ["delete", "delete", "keep", "keep", "keep"]
    assert document["files"][0] == {
        "path": paths[0],
        "destination": str(Path(paths[0]).parent),
        "fate": "delete",
        "reason": "surplus",
        "id": document["files"][0]["id"],
        "generation": 1,
        "created": document["files"][0]["created"],
    }
    assert tree(server.folder) == before


def test_it_deletes_what_the_plan_said(server: Machine) -> None:
    paths = four_backups(server)
    done = server.does("prune", "--keep-last", "2", "--keep-monthly", "0")
    assert (done["deleted"], done["failures"]) == (paths[:2], [])
    assert [os.path.exists(path) for path in paths] == [False, False, True, True]  # noqa: PTH110
    listed = server.does("register", "list")
    assert [(item["sight"], item["retired"] is None, item["pruned"]) for item in listed] == [
        ("good", True, False),
        ("good", True, False),
        ("missing", False, True),
        ("missing", False, True),
    ]
    assert server.run("register", "list").out.count("  deleted  ") == 2
    assert server.run("register", "check").code == 0
    assert server.does("status")["credentials"]["recoverable"] == 2
    said = server.run("prune", "--keep-last", "2")
    assert (said.code, said.err) == (0, "Nothing was deleted.\n")
    assert [line["action"] for line in server.does("audit") if "prune" in line["action"]] == [
        "prune-began",
        "pruned",
        "prune-began",
        "pruned",
    ]


def test_the_numbers_come_from_the_configuration_unless_they_are_given(server: Machine) -> None:
    four_backups(server)
    config = server.home / "config.toml"
    config.write_text(config.read_text() + "\n[retention]\nkeep_last = 3\nkeep_monthly = 0\n")
    assert server.does("prune", "--plan")["keep_last"] == 3
    assert server.does("prune", "--plan", "--keep-last", "4")["keep_monthly"] == 0
    config.write_text(config.read_text().replace("keep_last = 3", "keep_last = 0"))
    refused = server.run("prune", "--plan")
    assert (refused.code, "a value in it cannot be right (keep_last)" in refused.err) == (78, True)


@pytest.mark.parametrize(
    "argv", [["--keep-last", "0"], ["--keep-last", "-1"], ["--keep-last", "x"], ["--keep-monthly", "99999"]]
)
def test_numbers_that_make_no_sense_are_refused(server: Machine, argv: list[str]) -> None:
    made = server.back_up("--to", server.vault())
    ran = server.run("prune", *argv)
    assert (ran.code, ran.out) == (64, "")
    assert Path(made["path"]).exists()


def test_a_place_that_is_away_is_left_out(server: Machine) -> None:
    four_backups(server)
    vault = server.folder / "vault"
    vault.rename(server.folder / "unplugged")
    ran = server.run("prune", "--keep-last", "1", "--keep-monthly", "0")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == "Nothing was deleted."
    assert ran.err.splitlines()[1] == (
        f"Left out: The destination {vault} cannot be reached: its folder does not exist."
    )
    (server.folder / "unplugged").rename(vault)
    assert server.run("prune", "--keep-last", "1", "--keep-monthly", "0").code == 0
    assert len([path for path in vault.iterdir() if "-cmdb-" not in path.name]) == 1


def test_a_bucket_is_pruned_too(
    server: Machine, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in s3.login_files(tmp_path).items():
        monkeypatch.setenv(variable, value)
    bucket = f"b-{os.urandom(8).hex()}"
    s3.make_bucket(bucket)
    place = s3.address(bucket, "ns01")
    server.does("destination", "add", place, "--elsewhere", "through a tunnel")
    paths = [server.back_up("--to", place)["path"] for _ in range(2)]
    s3.put(bucket, "ns01/theirs.zip", b"somebody else's")
    done = server.does("prune", "--keep-last", "1", "--keep-monthly", "0")
    assert done["deleted"] == paths[:1]
    left = {key.removeprefix("ns01/") for key in s3.objects(bucket) if "-cmdb-" not in key}
    assert left == {"theirs.zip", paths[1].partition("?")[0].rpartition("/")[2]}
    assert server.does("register", "check")[0]["sight"] == "good"
    assert server.does("status")["credentials"]["recoverable"] == 2


def test_a_folder_on_a_server_is_pruned_too(server: Machine, sshd: Sshd, tmp_path: Path) -> None:
    vault = tmp_path / "far-vault"
    vault.mkdir()
    place = sshd.address(vault)
    server.run("destination", "add", place, "--key-file", str(sshd.key), "--elsewhere", "through a tunnel")
    server.does("destination", "trust", place, "--fingerprint", sshd.fingerprint())
    paths = [server.back_up("--to", place)["path"] for _ in range(2)]
    done = server.does("prune", "--keep-last", "1", "--keep-monthly", "0")
    assert (done["deleted"], done["skipped"]) == (paths[:1], [])
    names = [path.name for path in vault.iterdir() if "-cmdb-" not in path.name]
    assert names == [paths[1].rpartition("/")[2]]
    assert server.does("status")["credentials"]["recoverable"] == 2

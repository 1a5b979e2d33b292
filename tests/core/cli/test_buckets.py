"""A bucket as the place for backups, as an administrator uses it, on a real server."""

import os
import time
from pathlib import Path

import pytest

from nskeys.destinations.workers.pool import TimeLimits, Workers
from tests.core.cli.test_backups import _copied
from tests.fakes.command_line import Machine, Ran, tree
from tests.fakes.s3_server import S3Server, s3_server, silent_server
from tests.fakes.sshd import another_machine


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket, with the login to it in this user's AWS files."""
    for variable, value in s3.login_files(tmp_path).items():
        monkeypatch.setenv(variable, value)
    name = f"b-{os.urandom(8).hex()}"
    s3.make_bucket(name)
    return name


def _object(made: dict[str, str]) -> str:
    """The name of the object that a backup lies in."""
    return made["path"].removeprefix("s3://nskeys-backups/").partition("?")[0]


def no_secret_in(server: Machine, s3: S3Server, *rans: Ran) -> None:
    """Neither in what was said nor in any file of the home."""
    assert not [ran for ran in rans if s3.secret in ran.out + ran.err]
    assert not [name for name, data in tree(server.home).items() if s3.secret.encode() in data]


def test_from_the_bucket_a_new_machine_is_restored(server: Machine, s3: S3Server, bucket: str) -> None:
    place = s3.address(bucket, "ns01")
    added = server.run("destination", "add", f"{place}&region=eu-1", "--elsewhere", "through a tunnel")
    assert added.code == 0, added.err
    place = f"{place}&region=eu-1"
    made = server.back_up("--to", f"s3://{bucket}/ns01/?region=eu-1&endpoint={s3.url}")
    name = next(key for key in s3.objects(bucket) if "-cmdb-" not in key).removeprefix("ns01/")
    assert made["path"] == f"s3://{bucket}/ns01/{name}?endpoint={s3.endpoint}&tls=no&region=eu-1"
    row = server.does("register", "list")[0]
    assert (row["destination"], row["path"], row["proof"]) == (place, made["path"], "opened")
    assert server.does("registry")["KMSBackupPath"] == place
    checked = server.run("register", "check", "--json")
    assert checked.json[0]["sight"] == "good"
    drilled = server.does("drill", "latest", "--password-file", server.password)
    assert drilled["proof"] == "credentials_open"
    assert server.does("inspect", made["path"])["facts"]["generation"] == 1
    assert server.does("status")["credentials"]["recoverable"] == 2
    other = _copied(server)
    given = ("--password-file", other.password, *server.confirmed)
    restored = other.run("restore", made["path"], *given, "--json")
    assert restored.code == 0, restored.err
    assert other.does("verify")["failed"] == 0
    no_secret_in(server, s3, added, checked, restored)


def test_a_server_on_another_machine_is_elsewhere_without_anybodys_word(
    server: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: backed up, counted, found by its address alone on new hardware, restored, pruned."""
    with another_machine() as (address, there), s3_server(address, within=there) as far:
        for variable, value in far.login_files(tmp_path).items():
            monkeypatch.setenv(variable, value)
        far.make_bucket("nskeys-backups")
        place = far.address("nskeys-backups", "ns01")
        made = [server.back_up("--to", place) for _ in range(2)]
        assert made[0]["location"] == "elsewhere"
        assert server.does("destination", "list")[0]["reason"] == "remote_server"
        assert server.does("status")["credentials"]["recoverable"] == 2
        other = _copied(server)
        given = ("--password-file", other.password, *server.confirmed)
        asked = other.run("restore", "latest", *given)
        assert asked.code == 69
        assert f"because nothing on this machine vouches for it: {made[1]['path']}" in " ".join(
            asked.err.split()
        )
        restored = other.run("restore", made[1]["path"], *given, "--json")
        assert restored.code == 0, restored.err
        # Nothing vouched for the rows that came with the database, so only a copy made since counts.
        assert other.run("status", "--json").json["credentials"]["recoverable"] == 0
        newest = other.back_up("--to", place)
        assert other.does("status")["credentials"]["recoverable"] == 2
        pruned = other.does("prune", "--keep-last", "1", "--keep-monthly", "0")
        assert pruned["deleted"] == [made[0]["path"]]
        backups = {name for name in far.objects("nskeys-backups") if "-cmdb-" not in name}
        assert backups == {_object(made[1]), _object(newest)}


def test_an_object_that_is_missing_or_changed_does_not_count(
    server: Machine, s3: S3Server, bucket: str
) -> None:
    place = s3.address(bucket)
    server.does("destination", "add", place, "--elsewhere", "through a tunnel")
    server.back_up("--to", place)
    key, data = next(item for item in s3.objects(bucket).items() if "-cmdb-" not in item[0])
    s3.put(bucket, key, data[:-1] + bytes([data[-1] ^ 1]))
    assert server.run("register", "check", "--json").json[0]["sight"] == "changed"
    refused = server.run("drill", server.does("register", "list")[0]["path"])
    assert refused.code == 65
    s3.lose(bucket, key)
    assert server.run("register", "check", "--json").json[0]["sight"] == "missing"
    assert server.run("status").code == 1


def test_a_bucket_on_this_machine_is_here(server: Machine, s3: S3Server, bucket: str) -> None:
    ran = server.run("backup", "--to", s3.address(bucket), "--password-file", server.password)
    assert ran.code == 0, ran.err
    status = server.run("status", "--json")
    assert (status.code, status.json["credentials"]["at_risk"]) == (1, 2)
    listed = server.does("destination", "list")[0]
    assert (listed["location"], listed["reason"]) == ("here", "remote_is_this_machine")


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("s3://AKIA:wJalrXUtnFEMI@bucket/x", 64, "it contains a login, which has no place in an address."),
        ("s3://bucket?endpoint=http://10.1.2.3", 64, "without encryption."),
        ("s3://bucket?secret=wJalrXUtnFEMI", 64, "cannot be understood."),
        ("s3://bucket?endpoint=127.0.0.1:9&tls=no", 69, "the server refused the connection."),
        ("s3://bucket?endpoint=nowhere.invalid", 69, "the name of the server is not known."),
        ("s3://bucket?profile=nobody", 69, "the AWS files have no such profile."),
    ],
)
def test_an_address_that_leads_nowhere_is_said(
    server: Machine, bucket: str, address: str, code: int, words: str
) -> None:
    before = tree(server.home)
    ran = server.run("backup", "--to", address, "--password-file", server.password)
    assert (ran.code, ran.out) == (code, "")
    assert len(ran.err.splitlines()) == 2
    assert words in ran.err
    assert "wJalrXUtnFEMI" not in ran.err
    assert tree(server.home) == before


def test_a_wrong_secret_key_is_said_and_nothing_of_it_shown(
    server: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server() as strict:
        strict.make_bucket("vault")
        strict.enforce()
        for variable, value in strict.login_files(tmp_path, aws_secret_access_key="MARKED-secret").items():
            monkeypatch.setenv(variable, value)
        ran = server.run("destination", "test", strict.address("vault"))
    assert ran.code == 69
    assert "the secret key does not belong to the access key." in ran.err
    for hidden in ("MARKED-secret", strict.key_id, "Signature", "AWS4"):
        assert hidden not in ran.err + ran.out


def test_a_server_that_hangs_holds_up_nothing_for_long(
    server: Machine, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Workers(TimeLimits(look=2.0, publish=2.0))
    monkeypatch.setattr("nskeys.destinations.s3.destination.Workers", lambda: quick)
    server.back_up("--to", server.vault())
    with silent_server() as silent:
        began = time.monotonic()
        place = silent.address(bucket)
        refused = server.run("backup", "--to", place, "--password-file", server.password)
        assert (refused.code, "it did not answer in time" in refused.err) == (69, True)
        assert server.run("destination", "add", place).code == 0
        assert server.does("register", "check")[0]["sight"] == "good"
        assert server.does("status")["credentials"]["recoverable"] == 2
        assert time.monotonic() - began < 15


def test_without_the_extra_a_sentence_names_it(
    server: Machine, s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything else goes on: another destination is backed up to as ever."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "obstore.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))
    ran = server.run("destination", "test", s3.address(bucket))
    assert ran.code == 69
    assert "the library that it needs is not installed." in ran.err
    assert "pip install 'nskeys[s3]'" in ran.err
    assert server.back_up("--to", server.vault())["location"] == "elsewhere"

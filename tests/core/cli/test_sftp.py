"""A destination on a server by command: trusted, tested, backed up to, drilled and restored from."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.errors import HostKeyUnknown
from tests.fakes.command_line import Machine, tree
from tests.fakes.sshd import Sshd, a_person, an_sshd, another_machine, make_key

PASSWORD = "nine plums on a plate"


@pytest.fixture(autouse=True)
def _no_keys_of_the_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Sshd]:
    """A server on another machine."""
    with (
        another_machine() as (address, there),
        an_sshd(tmp_path / "far", host=address, within=there) as sshd,
    ):
        yield sshd


def trusted(server: Machine, sshd: Sshd, folder: Path, *more: str) -> str:
    """The address of a folder there, once it is configured and its server is trusted."""
    address = sshd.address(folder)
    server.run("destination", "add", address, "--key-file", str(sshd.key), *more)
    trust = server.does("destination", "trust", address, "--fingerprint", sshd.fingerprint())
    assert trust["trusted"]
    return address


def test_a_server_is_trusted_by_the_fingerprint_that_a_person_repeats(
    server: Machine, sshd: Sshd, vault: Path
) -> None:
    address = sshd.address(vault)
    added = server.run("destination", "add", address, "--key-file", str(sshd.key))
    assert added.code == 0
    assert f"is not known yet; it shows the ED25519 host key {sshd.fingerprint()}" in added.err
    assert server.run("destination", "test", address).code == 77
    before = tree(server.home)
    shown = server.run("destination", "trust", address)
    assert shown.code == 77
    assert sshd.fingerprint() in shown.out
    wrong = server.run("destination", "trust", address, "--fingerprint", "SHA256:wrong")
    assert wrong.code == 77
    assert "so it was not trusted" in wrong.err
    assert tree(server.home) == before
    ran = server.run("destination", "trust", address, "--fingerprint", sshd.fingerprint())
    assert ran.code == 0
    assert (server.home / "known_hosts").read_text("ascii") == sshd.known()
    server.add("run-as", "after", "x", "svc", "s")  # the next signed change brings it into the trail
    [line] = [one for one in server.does("audit") if one["action"] == "server-trusted"]
    assert line["subject"] == f"{sshd.host}:{sshd.port}"
    assert line["details"] == {"fingerprint": sshd.fingerprint(), "key": "ssh-ed25519"}
    again = server.run("destination", "trust", address, "--fingerprint", "whatever")
    assert again.code == 0
    assert "known already" in again.err
    works = server.run("destination", "test", address)
    assert works.code == 0, works.err
    assert "here (that address is this machine)" in works.out
    assert list(vault.iterdir()) == []


def test_what_is_configured_holds_the_key_file_and_no_secret(
    server: Machine, sshd: Sshd, vault: Path
) -> None:
    address = trusted(server, sshd, vault)
    config = (server.home / "config.toml").read_text("utf-8")
    assert f'key_file = "{sshd.key}"' in config
    assert sshd.key.read_text("ascii").split()[4] not in config
    [listed] = server.does("destination", "list")
    assert (listed["destination"], listed["key_file"], listed["problem"]) == (address, str(sshd.key), None)
    server.does("destination", "add", address, "--elsewhere", "in the other building")
    [declared] = server.does("destination", "list")
    assert declared["key_file"] == str(sshd.key), "saying something else about it keeps its key"
    server.does("destination", "add", address, "--key-file", "")
    assert "key_file" not in (server.home / "config.toml").read_text("utf-8")


def test_a_server_with_another_key_gets_nothing_and_its_fingerprints_are_told(
    server: Machine, tmp_path: Path, vault: Path
) -> None:
    with an_sshd(tmp_path / "one") as sshd:
        address = trusted(server, sshd, vault)
        before = sshd.fingerprint()
        port = sshd.port
        for name in ("host_ed25519", "host_ed25519.pub"):
            (sshd.folder / name).unlink()
        make_key(sshd.folder / "host_ed25519")
        known = (server.home / "known_hosts").read_text("ascii")
    with an_sshd(tmp_path / "one") as other:
        moved = known.replace(str(port), str(other.port))
        (server.home / "known_hosts").write_text(moved, "ascii")
        there = other.address(vault)
        for command in (("destination", "test"), ("destination", "trust")):
            ran = server.run(*command, there)
            assert ran.code == 77
            assert before in ran.err
            assert other.fingerprint() in ran.err
            assert "Somebody may stand between" in ran.err
        ran = server.run("backup", "--to", there, "--password-file", server.password)
        assert ran.code == 77
        assert (server.home / "known_hosts").read_text("ascii") == moved
    assert address
    assert list(vault.iterdir()) == []


def test_a_backup_on_another_machine_is_found_again_by_its_address_or_as_the_latest(
    server: Machine, far: Sshd, vault: Path
) -> None:
    address = trusted(server, far, vault)
    made = server.back_up("--to", address)
    assert made["path"].startswith(f"{address}/ns01.example.net-")
    assert made["location"] == "elsewhere"
    names = [path.name for path in vault.iterdir() if "-cmdb-" not in path.name]
    assert names == [made["path"].rpartition("/")[2]]
    assert server.does("inspect", made["path"])["facts"]["server"] == "ns01.example.net"
    for name in (made["path"], "latest"):
        drilled = server.does("drill", name, "--password-file", server.password)
        assert drilled["proof"] == "credentials_open"
    assert server.run("status").code == 0
    assert server.run("register", "check").code == 0
    assert server.does("register", "add", made["path"])["proof"] == "credentials_open"
    shutil.rmtree(vault)
    vault.mkdir()
    gone = server.run("register", "check")
    assert gone.code == 1
    assert "missing" in gone.out


def test_new_hardware_trusts_the_server_and_restores_from_it(
    server: Machine, far: Sshd, vault: Path
) -> None:
    address = trusted(server, far, vault)
    made = server.back_up("--to", address)
    fresh = server.beside("b")
    fresh.home.mkdir()
    shutil.copy(server.home / "cmdb.sqlite3", fresh.home / "cmdb.sqlite3")
    keys = Path.home() / ".ssh"
    keys.mkdir()
    shutil.copy(far.key, keys / "id_ed25519")
    opening = ("--password-file", server.password, "--protector", "file", *server.confirmed)
    restore = ("restore", made["path"], *opening)
    unknown = fresh.run(*restore)
    assert unknown.code == 77
    assert far.fingerprint() in unknown.err
    # The row of a database that nothing vouches for chooses nobody to log in at.
    latest = fresh.run("restore", "latest", *opening)
    assert latest.code == 69
    assert f"because nothing on this machine vouches for it: {made['path']}" in " ".join(latest.err.split())
    fresh.does("destination", "trust", address, "--fingerprint", far.fingerprint())
    assert fresh.does(*restore)["credentials"]["opened"] == 2
    assert (fresh.home / "known_hosts").read_text("ascii") == far.known()


def test_a_password_comes_from_a_file_or_is_asked_for_and_stands_nowhere(
    server: Machine, tmp_path: Path, vault: Path
) -> None:
    options = ("PasswordAuthentication yes", "PubkeyAuthentication no")
    with a_person(PASSWORD) as person, an_sshd(tmp_path / "s", *options) as sshd:
        address = sshd.address("/tmp", person)
        server.run("destination", "add", address)
        server.does("destination", "trust", address, "--fingerprint", sshd.fingerprint())
        nobody = server.run("destination", "test", address)
        assert nobody.code == 77
        assert f"wants the password of {person}@" in nobody.err
        wrong = server.file("wrong", "eight plums\n")
        refused = server.run("destination", "test", address, "--ssh-secret-file", wrong)
        assert refused.code == 77
        assert "did not accept the password" in refused.err
        right = server.file("right", f"{PASSWORD}\n")
        assert server.run("destination", "test", address, "--ssh-secret-file", right).code == 0
        listed = server.does("destination", "list", "--ssh-secret-file", right)
        assert listed[0]["problem"] is None
        told = server.run("destination", "add", address, "--ssh-secret-file", right)
        assert "password" not in told.err
    held = b"".join(tree(server.home).values())
    assert PASSWORD.encode() not in held
    assert sshd.log().count("Failed password") == 1


def test_a_check_of_the_register_is_let_in_too(server: Machine, tmp_path: Path) -> None:
    options = ("PasswordAuthentication yes", "PubkeyAuthentication no")
    with a_person(PASSWORD) as person, an_sshd(tmp_path / "s", *options) as sshd:
        (tmp_path / "open").mkdir()
        (tmp_path / "open").chmod(0o777)
        for folder in tmp_path.parents:
            if folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o055)
        tmp_path.chmod(0o755)
        address = sshd.address(tmp_path / "open", person)
        secret = ("--ssh-secret-file", server.file("right", PASSWORD))
        server.run("destination", "add", address)
        server.does("destination", "trust", address, "--fingerprint", sshd.fingerprint())
        server.back_up("--to", address, *secret)
        assert server.run("register", "check", *secret).code == 0
        assert server.run("register", "check").code == 1
        assert server.run("drill", "latest", "--password-file", server.password).code == 77


def test_a_destination_that_wants_a_secret_holds_up_no_other(
    server: Machine, tmp_path: Path, vault: Path
) -> None:
    with an_sshd(tmp_path / "s", "PasswordAuthentication yes", "PubkeyAuthentication no") as sshd:
        address = sshd.address(vault)
        server.run("destination", "add", address)
        server.does("destination", "trust", address, "--fingerprint", sshd.fingerprint())
        ran = server.run(
            "backup", "--to", address, "--to", server.vault(), "--password-file", server.password, "--json"
        )
    assert ran.code == 1
    assert len(json.loads(ran.out)["copies"]) == 1
    assert "wants the password" in ran.err


def test_a_password_in_an_address_is_refused_and_not_repeated(server: Machine) -> None:
    for command in (("destination", "add"), ("inspect",), ("backup", "--to")):
        ran = server.run(*command, "sftp://backup:hunter2@vault02/x")
        assert ran.code == 64
        assert "it contains a password" in ran.err
        assert "hunter2" not in ran.err + ran.out


def test_an_unknown_server_is_an_error_that_carries_what_is_to_be_trusted(
    server: Machine, sshd: Sshd
) -> None:
    from tests.fakes.command_line import connect_cheaply

    services = connect_cheaply(str(server.home), None)
    found = services.destinations.unknown_server(sshd.address("/tmp"))
    services.close()
    assert isinstance(found, HostKeyUnknown)
    assert found.fingerprint == sshd.fingerprint()


def test_a_server_that_refused_the_connection_was_looked_at(server: Machine) -> None:
    ran = server.run("destination", "add", "sftp://backup@127.0.0.1:9/nskeys")
    assert "unknown (could not be reached)" in ran.err
    assert "not looked at" not in ran.err
    seen = next(
        item for item in server.does("destination", "list") if item["destination"].startswith("sftp:")
    )
    assert (seen["location"], seen["reason"]) == ("unknown", "unreached")

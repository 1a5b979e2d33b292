"""A key store that was given up and could not be removed: said everywhere until it is gone."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine
from tests.fakes.monitoring import samples


@pytest.fixture
def guarded(server: Machine) -> Machine:
    """Keys in a plain file, in a backup elsewhere."""
    server.back_up("--to", server.vault())
    return server


@contextmanager
def immutable(folder: Path) -> Iterator[None]:
    """Nothing below this folder can be removed."""
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(folder):
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        yield


def changed(machine: Machine, *more: str) -> tuple[int, str]:
    """`protector change passphrase`: its exit code and all it says."""
    new = machine.file("passphrase", "seven wooden ducks\n")
    ran = machine.run("protector", "change", "passphrase", "--new-passphrase-file", new, *more)
    return ran.code, ran.out + ran.err


def test_a_change_that_left_the_plain_key_is_not_done(guarded: Machine) -> None:
    old = guarded.home / "store" / "1"
    with immutable(old):
        code, said = changed(guarded)
    assert code == 1
    assert f"{old}/protector.json holds its key in the clear" in said
    assert "a stolen machine" not in said  # what the passphrase would help against


def test_it_is_said_until_it_is_gone(guarded: Machine) -> None:
    plain = guarded.home / "store" / "1" / "protector.json"
    passphrase = ("--passphrase-file", guarded.file("passphrase", "seven wooden ducks\n"))
    with immutable(plain.parent):
        changed(guarded)
        status = guarded.run("status")
        assert status.code == 1
        assert f"{plain} holds its key in the clear" in status.out
        assert "2 of 2 credentials would come back" in status.out  # the answer itself is as good as before
        nagios = guarded.run("status", "--nagios")
        assert nagios.code == 1
        assert nagios.out.startswith("NSKEYS WARNING")
        assert str(plain) in nagios.out
        assert "key_stores_not_removed=1;0;;0;" in nagios.out
        told = samples(guarded.run("status", "--prometheus").out)
        assert told["nskeys_key_stores_not_removed", (("opens", "true"),)] == 1
        assert told["nskeys_status", ()] == 0  # of the credentials
        left = guarded.run("status", "--json").json["leftovers"]
        assert left == [{"path": str(plain), "folder": str(plain.parent), "protector": "file"}]
        shown = guarded.run("protector", "show")
        assert shown.code == 1
        assert f"not more than before, as long as {plain} is here" in shown.out
        assert guarded.run("protector", "show", "--json").json["leftovers"] == left
        # Nobody is kept from working by it.
        added = guarded.run("register", "check", *passphrase)
        assert added.code == 0, added.err
        assert plain.exists()
    guarded.run("register", "check", *passphrase)
    assert not plain.parent.exists()
    assert guarded.run("status").code == 0
    assert guarded.run("status", "--nagios").code == 0
    shown = guarded.run("protector", "show")
    assert shown.code == 0
    assert "a stolen machine" in shown.out
    assert guarded.run("protector", "show", "--json").json["leftovers"] == []


def test_json_says_it_and_the_exit_code_too(guarded: Machine) -> None:
    new = guarded.file("passphrase", "seven wooden ducks\n")
    with immutable(guarded.home / "store" / "1"):
        ran = guarded.run("protector", "change", "passphrase", "--new-passphrase-file", new, "--json")
    assert ran.code == 1
    assert [one["protector"] for one in ran.json["leftovers"]] == ["file"]


def test_remains_that_nothing_opens_are_told_apart(guarded: Machine) -> None:
    with immutable(guarded.home / "store" / "1" / "keys"):
        code, said = changed(guarded)
    assert code == 1
    assert "Nothing that is left in it opens." in said
    assert "a stolen machine" in said  # for the key-encryption key is gone

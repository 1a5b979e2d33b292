"""A rotation says what it waits for, and whoever does that gets on."""

import re
import shlex
from pathlib import Path

import pytest

from nskeys.errors import Cancelled
from nskeys.services.keys import rotation
from tests.fakes.command_line import Machine


def advised(machine: Machine, said: str) -> str:
    """Run the first command that the advice names; a placeholder is what the person knows."""
    found = re.search(r"is due: '(nskeys [^;]*?)', then", said)
    assert found, said
    words = shlex.split(found[1].replace("DESTINATION", machine.vault()))[1:]
    asked = ["--password-file", machine.password] if words[0] == "drill" else []
    ran = machine.run(*words, *asked)
    assert ran.code == 0, ran.err
    return words[0]


def test_following_the_advice_never_goes_round_in_a_circle(server: Machine) -> None:
    server.does("identity", "create", "--password-file", server.password)
    followed = []
    for _ in range(4):
        ran = server.run("key", "rotate")
        if ran.code == 0:
            break
        followed.append(advised(server, ran.err))
    assert followed == ["backup", "drill"]
    assert "is active" in ran.err


def test_the_backup_that_holds_the_key_is_named_and_its_drill_asked_for(server: Machine) -> None:
    server.does("identity", "create", "--password-file", server.password)
    server.run("key", "rotate")
    made = server.run("backup", "--to", server.vault(), "--json").json["path"]
    ran = server.run("key", "rotate", "--json")
    assert ran.code == 1
    assert (ran.json["held_by"], ran.json["drill_due"], ran.json["backup_due"]) == (made, True, False)
    assert f"Backup 1 in {Path(made).parent} holds it, and is not yet proven by a person." in ran.err
    assert f"A drill is due: 'nskeys drill {made}'" in ran.err
    assert "waiting for a drill of backup 1" in server.run("status").out
    assert server.run("status", "--json").json["rotation"]["drill_due"] is True
    server.run("drill", made, "--password-file", server.password)
    done = server.run("key", "rotate", "--json")
    assert (done.code, done.json["state"], done.json["drill_due"]) == (0, "active", False)


def test_what_is_left_of_a_rotation_waits_too_unless_somebody_insists(
    server: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.back_up("--to", server.vault())

    def killed(*_: object) -> None:
        raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(rotation._Work, "key", killed)
        assert server.run("key", "rotate", "--without-backup").code == 130
    ran = server.run("key", "rotate")
    assert ran.code == 1
    assert "is active, and the rest waits: no proven backup elsewhere holds it yet." in ran.err
    assert "Now 2 credentials would come back. Re-sealed before that, they would not." in ran.err
    assert "A backup is due: 'nskeys backup --to DESTINATION'" in ran.err
    waits = server.run("key", "rotate", "--json")
    assert (waits.code, waits.json["resealed"], waits.json["backup_due"]) == (1, 0, True)
    insisted = server.run("key", "rotate", "--without-backup", "--json")
    assert (insisted.code, insisted.json["resealed"], insisted.json["backup_due"]) == (1, 2, True)


def test_a_backup_that_lies_here_is_no_reason_to_drill(server: Machine) -> None:
    server.run("key", "rotate")
    made = server.run("backup", "--password-file", server.password, "--json").json["path"]
    ran = server.run("key", "rotate", "--json")
    assert (ran.json["held_by"], ran.json["drill_due"], ran.json["backup_due"]) == (made, False, True)
    assert "holds it, and lies on this machine" in ran.err
    assert "nskeys backup --to DESTINATION" in ran.err

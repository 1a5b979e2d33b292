"""Who signed a backup is a claim until a key shows it."""

import json
from pathlib import Path

import pytest

from nskeys.archive.canonical_zip import build, split
from nskeys.archive.inspection import inspect
from nskeys.model.backup import MANIFEST_NAME
from nskeys.model.signed_json import canonical_json, to_base64url
from tests.fakes.command_line import Machine


@pytest.fixture
def made(server: Machine) -> str:
    """The path of a backup elsewhere."""
    path: str = server.back_up("--to", server.vault())["path"]
    return path


def with_signature(genuine: str, signature: bytes | None) -> str:
    """The same archive with another signature in its manifest, laid out as nskeys does it. Nobody's secret
    is needed for that."""
    members = dict(split(Path(genuine).read_bytes()))
    manifest = json.loads(members[MANIFEST_NAME])
    manifest["sig"] = None if signature is None else to_base64url(signature)
    members[MANIFEST_NAME] = canonical_json(manifest)
    changed = build(list(members.items()))
    inspect("changed.zip", changed)  # nothing that is looked at without a key tells
    path = Path(genuine).with_name("changed.zip")
    path.write_bytes(changed)
    return str(path)


def test_without_the_key_sixty_four_bytes_are_a_claim(server: Machine, made: str) -> None:
    elsewhere = server.beside("b")
    for path in (made, with_signature(made, bytes(64))):
        ran = elsewhere.run("inspect", path)
        assert ran.code == 0
        [line] = [line for line in ran.out.splitlines() if line.startswith("signed")]
        assert "not checked: it claims to be by " in line
        assert "proven only once it is open" in line
        assert elsewhere.does("inspect", path)["signer"] == "claimed"


def test_with_the_key_it_is_checked(server: Machine, made: str) -> None:
    ran = server.run("inspect", made)
    assert (ran.code, server.does("inspect", made)["signer"]) == (0, "this_server")
    assert "by the key of this server" in ran.out
    forged = server.run("inspect", with_signature(made, bytes(64)), "--json")
    assert (forged.code, forged.json["signer"]) == (65, "broken")
    unsigned = server.run("inspect", with_signature(made, None), "--json")
    assert (unsigned.code, unsigned.json["signer"]) == (0, "nobody")


def test_another_servers_backup_claims_its_signer_here(server: Machine, made: str) -> None:
    other = server.beside("b").set_up()
    told = other.run("inspect", made, "--json")
    assert (told.code, told.json["signer"]) == (0, "other_server")
    assert "it claims to be by" in other.run("inspect", made).out


def test_a_broken_signature_is_called_broken_and_not_another_servers(server: Machine, made: str) -> None:
    ran = server.run("register", "add", with_signature(made, bytes(64)))
    assert ran.code == 65
    assert "names the key of this server as its signer, and is not signed by it" in ran.err
    assert "another server" not in ran.err
    assert len(server.does("register", "list")) == 1


def test_once_it_is_open_the_key_inside_is_asked(server: Machine, made: str) -> None:
    fresh = server.beside("b")
    number = server.does("runbook")["server_key"]
    plan = fresh.run("restore", made, "--plan", "--password-file", server.password)
    assert f"It is signed by server key {number}, as the key in it shows." in " ".join(plan.err.split())
    changed = fresh.run(
        "restore", with_signature(made, bytes(64)), "--plan", "--password-file", server.password
    )
    assert changed.code == 65
    assert "signed by server key" not in changed.err
    drilled = server.run("drill", made, "--password-file", server.password)
    assert f"Its signature is by the server key that it names ({number[:8]})." in drilled.err


def test_a_bare_kms_is_taken_by_restore_and_drill_as_is_said(server: Machine, made: str) -> None:
    bare = server.folder / "keys.kms"
    bare.write_bytes(dict(split(Path(made).read_bytes()))["keys.kms"])
    ran = server.run("inspect", str(bare))
    assert ran.code == 65
    assert "only 'nskeys restore FILE' and 'nskeys drill FILE' take a bare .kms" in ran.err
    assert server.run("drill", str(bare), "--password-file", server.password).code == 0
    fresh = server.beside("b")
    assert fresh.run("restore", str(bare), "--plan", "--password-file", server.password).code == 0

"""Whose server key signed a backup: checked by anybody, and shown to a person to compare."""

import json
from pathlib import Path

import pytest

from nskeys.archive.canonical_zip import build, split
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
    path = Path(genuine).with_name("changed.zip")
    path.write_bytes(build(list(members.items())))
    return str(path)


def test_without_a_server_key_the_one_that_signed_it_is_named_and_no_claim_passes(
    server: Machine, made: str
) -> None:
    elsewhere = server.beside("b")
    ran = elsewhere.run("inspect", made)
    assert ran.code == 0
    assert "signed       by the server key below; there is none here to compare it with" in ran.out
    assert f"server key   {server.confirmed[1]}" in ran.out
    assert elsewhere.does("inspect", made)["signer"] == "unknown"
    for machine in (elsewhere, server):
        forged = machine.run("inspect", with_signature(made, bytes(64)))
        assert forged.code == 65
        assert "its signature does not hold: somebody made or changed it" in forged.err
        assert machine.run("inspect", with_signature(made, None)).code == 65


def test_with_a_server_key_it_is_compared(server: Machine, made: str) -> None:
    ran = server.run("inspect", made)
    assert (ran.code, server.does("inspect", made)["signer"]) == (0, "this_server")
    assert "by the key of this server" in ran.out
    other = server.beside("b").set_up()
    told = other.run("inspect", made, "--json")
    assert (told.code, told.json["signer"]) == (0, "other_server")
    assert "not by the key of this server, but by the one below" in other.run("inspect", made).out


def test_a_broken_signature_is_not_added_to_the_register(server: Machine, made: str) -> None:
    ran = server.run("register", "add", with_signature(made, bytes(64)))
    assert ran.code == 65
    assert "its signature does not hold" in ran.err
    assert "another server" not in ran.err
    assert len(server.does("register", "list")) == 1


def test_a_restore_shows_the_server_key_and_the_identities_and_wants_a_yes(
    server: Machine, made: str
) -> None:
    fresh = server.beside("b")
    number = server.does("runbook")["server_key"]
    given = ("--password-file", server.password, "--protector", "file")
    plan = fresh.run("restore", made, "--plan", *given)
    assert plan.code == 0
    assert f"It is signed by server key {number}." in " ".join(plan.err.split())
    assert fresh.does("restore", made, "--plan", *given)["server_key"] == number
    unconfirmed = fresh.run("restore", made, *given)
    assert unconfirmed.code == 77
    assert "nothing on this machine tells whose server key signed it" in unconfirmed.err
    other = fresh.run("restore", made, *given, "--server-key", "ab" * 32)
    assert other.code == 77
    assert "another server key signed it than the one that was named" in other.err
    assert fresh.run("restore", made, *given, "--server-key", "ab").code == 64
    on_paper = f"{number[:32].upper()} {number[32:]}"
    assert fresh.run("restore", made, *given, "--server-key", on_paper).code == 0
    drilled = server.run("drill", made, "--password-file", server.password)
    assert f"It is signed by server key {number}." in drilled.err


def test_a_bare_kms_is_taken_by_restore_and_drill_as_is_said(server: Machine, made: str) -> None:
    bare = server.folder / "keys.kms"
    bare.write_bytes(dict(split(Path(made).read_bytes()))["keys.kms"])
    ran = server.run("inspect", str(bare))
    assert ran.code == 65
    assert "only 'nskeys restore FILE' and 'nskeys drill FILE' take a bare .kms" in ran.err
    assert server.run("drill", str(bare), "--password-file", server.password).code == 0
    fresh = server.beside("b")
    assert fresh.run("restore", str(bare), "--plan", "--password-file", server.password).code == 0

"""Backups that nobody types a password for: made, opened by each recipient, proven by a person."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.archive import cross_check
from nskeys.archive.age.recipients import parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.errors import (
    BackupNotProven,
    IdentityNotRecipient,
    IdentityUnusable,
    NotForCustodians,
    PlanOutdated,
    RecipientRefused,
    RecoveryDamaged,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.diary import DrillEnd
from nskeys.model.recovery import IdentityKind
from nskeys.model.register import Proof, Protection
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import BY_SHARES, Unlock, by_file
from nskeys.ports import Purpose
from nskeys.services.open_backup import find_source, means_of
from nskeys.services.recovery.record import identity_file
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer
from tests.fakes.programs import need
from tests.fakes.servers import IDENTITY_PASSWORD, NOBODY, PASSWORD, Server, Site

ANOTHER = "another one for us"


def _file(identity: X25519Identity, name: str = "key.txt") -> Unlock:
    with identity.spelled() as line:
        return by_file(name, SecretBytes(b"# mine\n" + line.reveal() + b"\n"))


# --- made --------------------------------------------------------------------------------------------


def test_with_a_recovery_identity_a_backup_asks_nobody(server: Server) -> None:
    server.add("one")
    made = server.make_identity().identity
    copy = server.back_up_to().copy
    assert copy.backup.protection is Protection.RECIPIENTS
    assert copy.backup.recipients == (made.recipient,)
    assert copy.proof is Proof.OPENED
    assert copy.typed is None
    facts = find_source(server.installation, copy.address).facts
    assert facts is not None
    assert facts.identities == (made,)


def test_a_password_can_be_wished_for_all_the_same(server: Server) -> None:
    server.make_identity()
    plan = server.services.backup.plan(server.vault, password=True)
    assert plan.wants_password
    report = server.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    assert report.copy.backup.protection is Protection.PASSWORD
    assert server.drill(report.copy.address).reached.rank >= Proof.KEYS_MATCH.rank


def test_recipients_stand_alone_or_beside_the_identity(server: Server) -> None:
    stranger = X25519Identity.new()
    alone = server.back_up_to(stranger.recipient).copy
    assert alone.backup.recipients == (stranger.recipient,)
    made = server.make_identity().identity
    beside = server.back_up_to(stranger.recipient, stranger.recipient).copy
    assert beside.backup.recipients == (made.recipient, stranger.recipient)
    for copy in (alone, beside):
        assert server.drill_by(copy.address, opening=_file(stranger)).recorded


def test_what_is_no_recipient_makes_no_plan(server: Server) -> None:
    for text in ("", "age1", "nobody"):
        with pytest.raises(RecipientRefused):
            server.services.backup.plan(server.vault, recipients=[text])


def test_a_list_changed_behind_our_back_is_an_error_and_no_backup(memory: MemoryServer) -> None:
    memory.make_identity()
    plan = memory.services.backup.plan(memory.vault)
    (name,) = memory.identity_files.files
    memory.identity_files.files[name] += b"x"
    before = memory.everything()
    with pytest.raises(RecoveryDamaged):
        memory.services.backup.plan(memory.vault)
    with pytest.raises(RecoveryDamaged):
        memory.services.backup.execute(plan, NOBODY)
    assert memory.everything() == before


def test_an_identity_that_was_replaced_meanwhile_wants_another_plan(server: Server) -> None:
    server.make_identity()
    plan = server.services.backup.plan(server.vault)
    server.make_identity(ANOTHER)
    with pytest.raises(PlanOutdated):
        server.services.backup.execute(plan, NOBODY)


def test_what_the_second_reader_does_not_open_is_no_backup(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.make_identity()
    monkeypatch.setattr(cross_check, "second_opinion", lambda *given: "failed no_stanza")
    with pytest.raises(BackupNotProven):
        server.back_up_to()
    assert server.services.register.copies() == ()


# --- opened ------------------------------------------------------------------------------------------


def test_the_password_of_the_identity_opens_it_and_a_wrong_one_is_said(server: Server) -> None:
    server.add("one")
    server.make_identity()
    address = server.back_up_to().copy.address
    source = find_source(server.installation, address)
    answers = Answers({Purpose.IDENTITY_PASSWORD: ["wrong", IDENTITY_PASSWORD]})
    report = server.services.drill.execute(source, answers)
    assert report.reached is Proof.CREDENTIALS_OPEN
    assert [(request.number, retry) for request, retry in answers.asked] == [(1, 0), (1, 1)]
    with pytest.raises(WrongPassword) as raised:
        server.drill_by(address, "wrong")
    assert raised.value.what == "identity"


def test_somebody_else_s_identity_is_none_of_the_recipients(server: Server) -> None:
    server.make_identity()
    address = server.back_up_to().copy.address
    with pytest.raises(IdentityNotRecipient):
        server.drill_by(address, opening=_file(X25519Identity.new()))
    with pytest.raises(IdentityUnusable):
        server.drill_by(address, opening=by_file("key.txt", SecretBytes(b"garbage")))
    [entry] = server.services.diary.read().entries
    assert (entry.address, entry.end) == (address, DrillEnd.OTHER_IDENTITY), "garbage was no try"
    under_password = server.back_up().copy.address
    with pytest.raises(IdentityNotRecipient):
        server.drill_by(under_password, opening=_file(X25519Identity.new()))


def test_an_ssh_key_under_a_passphrase_opens_it(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "key"
    need("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(path)], check=True)
    line = parse_recipient(path.with_suffix(".pub").read_text("utf-8")).text
    address = server.back_up_to(line).copy.address
    opening = by_file("key", SecretBytes(path.read_bytes()))
    assert server.drill_by(address, "open sesame", opening).recorded
    with pytest.raises(WrongPassword):
        server.drill_by(address, "wrong", opening)


def test_the_identity_file_of_the_home_opens_a_bare_kms(server: Server) -> None:
    made = server.make_identity().identity
    source = find_source(server.installation, server.back_up_to().copy.address)
    assert means_of(source.inspected)[0].value == "own"
    file = identity_file(server.installation, made)
    opening = by_file("identity.age", SecretBytes(file))
    assert server.drill_by(source.address, IDENTITY_PASSWORD, opening).recorded


def test_a_backup_to_strangers_has_nothing_to_ask_for(server: Server) -> None:
    address = server.back_up_to(X25519Identity.new().recipient).copy.address
    with pytest.raises(SecretUnavailable) as raised:
        server.drill_by(address)
    assert raised.value.wanted == "identity"
    with pytest.raises(NotForCustodians):
        server.drill_by(address, opening=BY_SHARES)


def test_old_copies_open_the_old_way(server: Server) -> None:
    server.make_identity()
    old = server.back_up_to().copy.address
    server.make_identity(ANOTHER)
    new = server.back_up_to().copy.address
    assert server.drill_by(old, IDENTITY_PASSWORD).recorded
    assert server.drill_by(new, ANOTHER).recorded
    with pytest.raises(WrongPassword):
        server.drill_by(old, ANOTHER)
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    assert plan.open_with_it == 1


# --- proven by a person ------------------------------------------------------------------------------


def test_it_counts_once_a_person_proved_it_and_then_all_that_follow(server: Server) -> None:
    server.add("one")
    server.make_identity()
    first = server.back_up_to().copy
    assert not first.by_a_person
    assert first.lies_well
    assert server.counts() == (0, 1, 0)
    server.drill_by(first.address)
    assert server.counts() == (1, 0, 0)
    server.lose(first.address)
    assert server.counts() == (0, 1, 0)
    later = server.back_up_to().copy
    assert later.by_a_person
    assert server.counts() == (1, 0, 0)


Change = Callable[[Server], object]
CHANGES: dict[str, Change] = {
    "a new identity": lambda server: server.make_identity(ANOTHER),
    "custodians too": lambda server: server.make_identity("00" * 16, IdentityKind.CUSTODIANS, 3, 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_of_recipients_it_waits_again(server: Server, change: str) -> None:
    server.add("one")
    server.make_identity()
    first = server.back_up_to().copy
    server.drill_by(first.address)
    CHANGES[change](server)
    second = server.back_up_to().copy
    assert not second.by_a_person
    server.lose(first.address)
    assert server.counts() == (0, 1, 0)


def test_a_forged_drill_proves_nobody(server: Server) -> None:
    server.add("one")
    server.make_identity()
    copy = server.back_up_to().copy
    server.drill_by(copy.address)
    server.forge_register([replace(row, signature=None) for row in server.register_rows()])
    assert server.counts() == (0, 1, 0)


def test_a_password_needs_no_such_proof(server: Server) -> None:
    server.add("one")
    server.back_up()
    assert server.counts() == (1, 0, 0)


# --- on new hardware ---------------------------------------------------------------------------------


def test_the_identity_comes_back_with_the_keys_and_the_next_backup_is_unattended(site: Site) -> None:
    server = site.server()
    server.set_up()
    server.add("one")
    first = server.make_identity().identity
    server.make_identity(ANOTHER)
    server.drill_by(server.back_up_to().copy.address, ANOTHER)
    address = server.back_up_to().copy.address
    recovery = server.services.recovery.show()
    fresh = site.with_database_of(server)
    fresh.restore_by(address, ANOTHER)
    assert fresh.secrets() == server.secrets()
    assert fresh.services.recovery.show() == recovery
    named = fresh.services.recovery.show().named(first.recipient)
    assert named is not None
    assert named.number == 1
    again = fresh.back_up_to().copy
    assert again.backup.recipients == recovery.recipients
    assert again.by_a_person


def test_what_a_backup_without_an_identity_leaves_alone(site: Site) -> None:
    server = site.server()
    server.set_up()
    server.add("one")
    address = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.restore(address)
    assert not fresh.services.recovery.show()

"""A drill is restore's proof without the restore, and changes nothing but the register."""

import json
from dataclasses import replace

import pytest

from nskeys.bootstrap import Services
from nskeys.errors import (
    BackupDamaged,
    Cancelled,
    KeyStoreOfAnotherCmdb,
    NotSetUp,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.audit import Action
from nskeys.model.diary import DiaryFate
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, Stage
from nskeys.reasons import FailureReason
from nskeys.services.open_backup import find_source
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site, run_as
from tests.fakes.watching import Watching


@pytest.fixture
def address(server: Server) -> str:
    """A backup of two credentials, in the vault."""
    server.add("one")
    server.add("two")
    return server.back_up().copy.address


def test_every_credential_opens_and_the_register_says_so(server: Server, address: str) -> None:
    server.clock.advance(days=1)
    report = server.drill(address)
    assert (report.reached, report.recorded, report.not_recorded) == (Proof.CREDENTIALS_OPEN, True, None)
    assert (report.proof.opened, report.proof.failed) == (2, 0)
    [copy] = server.services.register.copies(look=False)
    assert copy.reached(Proof.CREDENTIALS_OPEN) == server.clock.now()
    assert copy.drilled_rows == 2
    line = json.loads(server.audit()[-1])
    assert (line["action"], line["subject"]) == (Action.DRILLED.value, address)
    assert line["details"] == {"reached": "credentials_open", "opened": "2"}


def test_without_credentials_it_proves_that_the_keys_match(server: Server) -> None:
    report = server.drill(server.back_up().copy.address)
    assert report.reached is Proof.KEYS_MATCH


def test_credentials_of_newer_keys_are_no_claim_of_an_older_backup(server: Server, address: str) -> None:
    server.rotate(without_backup=True)
    server.add("three")
    newer = server.back_up().copy.address
    server.services.credentials.remove(server.services.credentials.show("run-as/one"), NOBODY)
    old = server.drill(address)
    assert (old.proof.opened, old.proof.failed) == (0, 2)
    assert {item.failure for item in old.proof.failures} == {FailureReason.KEY_MISSING}
    assert old.reached is Proof.KEYS_MATCH
    assert server.drill(newer).reached is Proof.CREDENTIALS_OPEN


def test_a_credential_that_should_open_and_does_not_is_named(server: Server, address: str) -> None:
    one = server.services.credentials.show("run-as/one")
    server.forge_credential(one.credential_id, target="elsewhere-*")
    report = server.drill(address)
    assert report.reached is Proof.KEYS_MATCH
    [failure] = report.proof.failures
    assert (failure.credential.reference, failure.failure) == ("run-as/one", FailureReason.TAMPERED)


def test_it_works_where_only_the_database_is_and_writes_nothing_but_its_result(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    rows = fresh.register_rows()
    report = fresh.drill(address)
    assert (report.reached, report.recorded) == (Proof.CREDENTIALS_OPEN, False)
    assert report.foreign == ("not_vouched",)
    assert report.diary is DiaryFate.UNSIGNED
    assert fresh.register_rows() == rows
    assert not fresh.installation.key_store.exists()
    [entry] = fresh.services.diary.read().entries
    assert (entry.signed, entry.opened, entry.reached) == (False, 2, Proof.CREDENTIALS_OPEN)


def test_without_a_database_there_is_nothing_to_try(server: Server, site: Site, address: str) -> None:
    with pytest.raises(NotSetUp):
        site.server().drill(address)


def test_a_file_that_the_register_does_not_know_is_proven_and_not_recorded(
    server: Server, address: str
) -> None:
    carried = server.carry(address, server.local)
    before = server.register_rows()
    report = server.drill(carried)
    assert (report.reached, report.recorded, report.not_recorded) == (Proof.CREDENTIALS_OPEN, False, None)
    assert server.register_rows() == before
    [entry] = server.services.diary.read().entries
    assert (entry.address, entry.signed) == (carried, True)


def test_another_servers_backup_opens_nothing_here(server: Server, site: Site) -> None:
    server.add("one")
    other = site.server()
    other.set_up()
    report = server.drill(other.back_up().copy.address)
    assert report.foreign == ("other_signer", "other_cmdb")
    assert (report.reached, report.recorded) == (Proof.KEYS_MATCH, False)
    assert report.proof.failed == 1


def test_a_wrong_password_changes_nothing_and_may_be_typed_again(server: Server, address: str) -> None:
    source = find_source(server.installation, address)
    before = server.register_rows()
    with pytest.raises(WrongPassword):
        server.services.drill.execute(source, Answers({Purpose.BACKUP_PASSWORD: ["wrong", ""]}))
    assert server.register_rows() == before
    answers = Answers({Purpose.BACKUP_PASSWORD: ["wrong", "", PASSWORD]})
    assert server.services.drill.execute(source, answers).recorded
    assert [retry for _, retry in answers.asked] == [0, 1, 2]
    assert not any(answers.given)


def test_the_hint_is_shown_with_the_question(server: Server) -> None:
    address = server.back_up(hint="the usual drawer").copy.address
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    server.services.drill.execute(find_source(server.installation, address), answers)
    [(request, _)] = answers.asked
    assert (request.subject, request.hint) == (address, "the usual drawer")


def test_a_damaged_file_is_told_apart_before_any_password(server: Server, address: str) -> None:
    server.corrupt(address)
    with pytest.raises(BackupDamaged):
        find_source(server.installation, address)


def test_stopped_in_the_middle_it_changes_nothing(server: Server, address: str) -> None:
    before = server.everything()
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with pytest.raises(Cancelled):
        server.services.drill.execute(
            find_source(server.installation, address), answers, Watching(stops_at=1)
        )
    assert server.everything() == before


def test_each_credential_is_told_as_it_was_tried(server: Server, address: str) -> None:
    one = server.services.credentials.show("run-as/one")
    server.forge_credential(one.credential_id, target="elsewhere-*")
    watching = Watching()
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    server.services.drill.execute(find_source(server.installation, address), answers, watching)
    assert len(watching.tried) == 2
    assert watching.failed == {one.credential_id: FailureReason.TAMPERED}
    assert watching.totals[Stage.PROVING] == watching.advanced[Stage.PROVING] == 2


def test_what_was_proven_is_told_also_where_nobody_gives_the_passphrase(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD], Purpose.PASSPHRASE: [PASSPHRASE]})
    made = server.services.backup.execute(server.services.backup.plan(server.vault), answers)
    report = server.drill(made.copy.address)
    assert report.reached is Proof.KEYS_MATCH
    assert isinstance(report.not_recorded, SecretUnavailable)


def test_a_copy_that_was_retired_during_the_drill_stays_retired(server: Server, address: str) -> None:
    register = server.services.register

    class Retiring(Watching):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            super().stage(stage, total)
            if stage is Stage.RECORDING:
                register.retire(register.plan_retire(address), NOBODY)

    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    server.services.drill.execute(find_source(server.installation, address), answers, Retiring())
    [copy] = register.copies()
    assert copy.retired is not None


def test_another_backup_in_a_files_place_is_not_recorded_under_the_first(
    memory: MemoryServer,
) -> None:
    first, second = memory.back_up().copy, memory.back_up().copy
    files = memory.destinations.places[memory.vault].files
    files[first.backup.archive_name] = files[second.backup.archive_name]
    before = memory.register_rows()
    report = memory.drill(first.address)
    assert (report.reached, report.recorded) == (Proof.KEYS_MATCH, False)
    assert memory.register_rows() == before


def test_keys_of_another_cmdb_record_nothing_in_this_one(server: Server, site: Site, address: str) -> None:
    other = site.server()
    other.set_up()
    mixed = site.with_database_of(server)
    keys = other.installation.key_store
    mixed.services = Services(replace(mixed.installation, key_store=keys))
    with pytest.raises(KeyStoreOfAnotherCmdb):
        mixed.drill(address)


def test_later_rows_of_a_key_do_not_take_the_proof_away(server: Server, address: str) -> None:
    server.drill(address)
    server.add("three")
    [copy] = server.services.register.copies()
    assert copy.drilled_rows == 2
    assert server.drill(address).proof.opened == 3


def test_the_lock_is_free_while_the_password_is_asked_for(server: Server, address: str) -> None:
    free = []

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free.append(server.lock_is_free())
        return SecretBytes.from_text(PASSWORD)

    server.services.drill.execute(find_source(server.installation, address), provider)
    assert free == [True]


def test_an_edited_credential_is_tried_as_it_is_now(server: Server, address: str) -> None:
    one = server.services.credentials.show("run-as/one")
    server.services.credentials.edit(one, run_as("renamed"), None, NOBODY)
    assert server.drill(address).proof.failed == 0

"""The first start: a new installation, one that was broken off, and a CMDB whose keys are gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    AlreadySetUp,
    CmdbUnreachable,
    CredentialsWithoutKeys,
    FieldInvalid,
    KeyStoreOfAnotherCmdb,
    Locked,
    LossCountWrong,
    NotSetUp,
    PasswordRefused,
    ProtectorUnavailable,
)
from nskeys.model.keys import KeyState
from nskeys.model.plans import HomeState
from nskeys.model.secret import SecretBytes
from nskeys.model.statements import StatementKind
from nskeys.ports import Purpose, SecretRequest
from nskeys.store.keystore.files import server_pub_bytes
from tests.fakes.dying import Killed, Life
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemorySite
from tests.fakes.real_site import RealSite
from tests.fakes.servers import NAME, NOBODY, PASSPHRASE, Server, Site


def test_a_new_installation_has_one_active_key_and_one_audit_line(site: Site) -> None:
    server = site.server()
    report = server.set_up()
    assert [(key.kid, key.state) for key in server.keys()] == [(report.kid, KeyState.ACTIVE)]
    assert (report.server, report.protector) == (NAME, "file")
    assert report.cmdb_id == server.installation.cmdb.cmdb_id()
    [line] = server.audit()
    assert '"set-up"' in line
    assert report.kid in line
    assert server.services.audit.verify().whole


def test_before_it_there_is_nothing_and_looking_makes_nothing(site: Site) -> None:
    server = site.server()
    status = server.services.set_up.look()
    assert (status.state, status.cmdb_id, status.credentials, status.remembered) == (
        HomeState.EMPTY,
        None,
        0,
        (),
    )
    assert not server.installation.cmdb.exists()
    with pytest.raises(NotSetUp) as caught:
        server.services.recoverability.overview()
    assert caught.value.credentials == 0


def test_after_it_the_home_is_ready_and_cannot_be_set_up_again(server: Server) -> None:
    assert server.services.set_up.look().state is HomeState.READY
    before = server.everything()
    with pytest.raises(AlreadySetUp):
        server.set_up()
    assert server.everything() == before


def test_a_copied_database_without_keys_says_how_many_credentials_wait(server: Server, site: Site) -> None:
    server.add("one")
    server.add("two")
    copy = server.back_up().copy
    fresh = site.with_database_of(server)
    status = fresh.services.set_up.look()
    assert (status.state, status.credentials) == (HomeState.DATABASE_ONLY, 2)
    assert [known.address for known in status.remembered] == [copy.address]
    assert not status.remembered[0].signed
    with pytest.raises(NotSetUp) as caught:
        fresh.services.recoverability.overview()
    assert caught.value.credentials == 2


def test_no_first_key_is_made_over_credentials_of_unknown_keys(server: Server, site: Site) -> None:
    server.add("one")
    fresh = site.with_database_of(server)
    with pytest.raises(CredentialsWithoutKeys) as caught:
        fresh.set_up()
    assert caught.value.credentials == 1
    assert not fresh.installation.key_store.exists()


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_a_loss_is_accepted_only_by_its_exact_number(server: Server, site: Site, wrong: int) -> None:
    server.add("one")
    server.add("two")
    fresh = site.with_database_of(server)
    with pytest.raises(LossCountWrong) as caught:
        fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=wrong)
    assert (caught.value.given, caught.value.actual) == (wrong, 2)
    assert not fresh.installation.key_store.exists()


def test_where_nothing_would_be_lost_accepting_a_loss_is_a_mistake(site: Site) -> None:
    server = site.server()
    with pytest.raises(LossCountWrong):
        server.services.set_up.execute("file", NOBODY, server.settings(), accept_loss=5)


def test_an_accepted_loss_keeps_the_rows_and_says_so_in_the_trail(server: Server, site: Site) -> None:
    server.add("one")
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    assert fresh.counts() == (0, 0, 1)
    assert '"loss-accepted"' in fresh.audit()[-1]
    assert '"lost":"1"' in fresh.audit()[-1]
    fresh.add("two")
    assert fresh.counts() == (0, 1, 1)


def test_an_accepted_loss_is_stated_as_a_restore_without_a_backup(server: Server, site: Site) -> None:
    server.add("one")
    server.back_up()
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    shown = fresh.services.server_key.show()
    [stated] = shown.statements
    assert (stated.kind, stated.predecessor, stated.backup, stated.upto) == (
        StatementKind.RESTORED, None, None, 0
    )  # fmt: skip
    assert shown.predecessors == ()
    assert [copy.signed for copy in fresh.services.register.copies()] == [False]
    assert server.services.server_key.show().statements == (), "a set-up over nothing states nothing"


def test_a_late_find_brings_the_lost_credentials_back(server: Server, site: Site) -> None:
    server.add("one", "the secret")
    address = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    fresh.restore(address)
    assert fresh.secrets() == {"run-as/one": "the secret"}


def test_a_killed_set_up_is_simply_begun_again() -> None:
    rehearsal = Life()
    MemorySite().server().with_life(rehearsal).set_up()
    server = MemorySite().server()
    before_the_keys = Life(rehearsal.calls.index("checkpoint.lay_down") + 1)
    with pytest.raises(Killed):
        server.with_life(before_the_keys).set_up()
    again = server.restarted()
    assert again.services.set_up.look().state is HomeState.EMPTY
    again.set_up()
    again.add("one", "its secret")
    assert again.secrets() == {"run-as/one": "its secret"}
    assert again.services.audit.verify().whole


def test_a_public_key_that_a_killed_set_up_left_vouches_for_nothing(tmp_path: Path) -> None:
    site = RealSite(tmp_path)
    lost = site.server()
    lost.set_up()
    lost.add("one")
    address = lost.back_up().copy.address

    fresh = site.with_database_of(lost)
    with new_server_seed() as seed:
        fresh.folder.server_pub.write_bytes(server_pub_bytes(public_of(seed)))
        left = public_of(seed)
    report = fresh.restore(address)
    assert report.proof.opened == 1
    assert fresh.installation.server_public() not in (left, lost.installation.server_public())


def test_the_passphrase_is_asked_for_before_the_lock_is_taken(site: Site) -> None:
    server = site.server()
    free = []

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free.append(server.lock_is_free())
        return SecretBytes.from_text(PASSPHRASE)

    server.set_up("passphrase", provider)
    assert free == [True]


def test_a_passphrase_that_cannot_be_used_is_asked_for_again(site: Site) -> None:
    server = site.server()
    answers = Answers({Purpose.NEW_PASSPHRASE: ["", "x" * 2_000, PASSPHRASE]})
    server.set_up("passphrase", answers)
    assert [retry for _, retry in answers.asked] == [0, 1, 2]
    assert not any(answers.given)


def test_an_empty_passphrase_that_nobody_corrects_leaves_nothing(site: Site) -> None:
    server = site.server()
    with pytest.raises(PasswordRefused) as caught:
        server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [""]}))
    assert caught.value.reason == "empty"
    assert not server.installation.cmdb.exists()
    assert not server.installation.key_store.exists()


def test_an_unknown_protector_leaves_nothing(site: Site) -> None:
    server = site.server()
    with pytest.raises(ProtectorUnavailable):
        server.set_up("good-will")
    assert not server.installation.cmdb.exists()


def test_a_second_administrator_is_told_who_is_at_it(site: Site) -> None:
    server = site.server()
    server.installation.home.prepare()
    with server.installation.lock.hold("restoring"), pytest.raises(Locked) as caught:
        server.set_up()
    assert caught.value.doing == "restoring"
    assert not server.installation.cmdb.exists()


def test_keys_of_another_cmdb_are_told_apart(server: Server, site: Site) -> None:
    other = site.server()
    other.set_up()
    keys, cmdb = other.installation, server.installation.cmdb
    mixed = replace(keys, cmdb=cmdb)
    with pytest.raises(KeyStoreOfAnotherCmdb) as caught:
        mixed.require()
    assert caught.value.store_cmdb_id == other.installation.cmdb.cmdb_id()
    assert caught.value.cmdb_id == server.installation.cmdb.cmdb_id()


def test_keys_whose_cmdb_is_gone_are_no_case_for_a_new_installation(tmp_path: Path) -> None:
    server = RealSite(tmp_path).server()
    server.set_up()
    server.folder.cmdb.unlink()
    with pytest.raises(CmdbUnreachable) as caught:
        server.services.recoverability.overview()
    assert caught.value.problem == "missing"


def test_a_server_name_that_no_backup_could_carry_is_refused_before_anything_is_made(site: Site) -> None:
    server = site.server()
    bad = replace(server.settings(), server_name="ns01\x1b[2J")
    with pytest.raises(FieldInvalid) as raised:
        server.services.set_up.execute("file", NOBODY, bad)
    assert raised.value.field == "server"
    assert server.services.set_up.look().state is HomeState.EMPTY

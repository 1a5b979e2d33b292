"""What did not come back after a restore: exactly that, and until it was entered again."""

import pytest

from nskeys.errors import Cancelled, CredentialWaits, NotSetUp
from nskeys.model.re_entry import ReEntryList
from nskeys.model.register import CopyStatus
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FailureReason
from tests.fakes.servers import NOBODY, Server, Site
from tests.fakes.watching import Watching


def collected(server: Server) -> ReEntryList:
    return server.services.re_entry.collect(NOBODY)


def names(found: ReEntryList) -> list[str]:
    return [item.credential.fields.name for item in found.items]


def re_enter(server: Server, name: str, secret: str = "typed again") -> str:
    """The id of the credential."""
    credential = server.services.credentials.show(f"run-as/{name}")
    with SecretBytes.from_text(secret) as given:
        server.services.credentials.edit(credential, credential.fields, given, NOBODY)
    return credential.credential_id


def half_rotated(site: Site) -> tuple[Server, str]:
    """A server with a credential under its first key, two under its second, and the address of a backup
    that holds only the first."""
    server = site.server()
    server.set_up()
    server.add("old")
    backup = server.back_up().copy.address
    server.rotate()
    with pytest.raises(Cancelled):
        server.rotate(without_backup=True, progress=Watching(stops_at=1))
    server.add("new-one")
    server.add("new-two")
    return server, backup


@pytest.fixture
def rescued(site: Site) -> Server:
    """New hardware after a restore of that backup."""
    server, backup = half_rotated(site)
    fresh = site.with_database_of(server)
    fresh.restore(backup)
    return fresh


def test_where_all_is_well_there_is_nothing_on_it(server: Server) -> None:
    assert collected(server).items == ()
    server.add("one")
    found = collected(server)
    assert (found.items, found.opened, found.in_backups) == ((), 1, 0)


def test_a_home_without_keys_has_no_list(site: Site) -> None:
    with pytest.raises(NotSetUp):
        collected(site.server())


def test_after_a_restore_it_has_exactly_what_did_not_come_back(rescued: Server) -> None:
    found = collected(rescued)
    assert names(found) == ["new-one", "new-two"]
    assert found.opened == 1
    assert {item.reason for item in found.items} == {FailureReason.KEY_MISSING}
    assert [item.held_by for item in found.items] == [None, None]
    assert found.server == "ns01.example.net"
    assert found.taken == rescued.clock.moment


def test_it_changes_nothing(rescued: Server) -> None:
    before = rescued.everything()
    collected(rescued)
    assert rescued.everything() == before


def test_what_was_re_entered_leaves_it_and_that_survives_a_restart(rescued: Server) -> None:
    known = collected(rescued)
    done = re_enter(rescued, "new-one")
    left = rescued.services.re_entry.without_done(known, [done])
    assert (names(left), left.opened) == (["new-two"], 2)
    assert names(collected(rescued)) == ["new-two"]
    again = rescued.restarted()
    assert names(collected(again)) == ["new-two"]
    re_enter(again, "new-two")
    assert collected(again).items == ()
    assert again.secrets()["run-as/new-two"] == "typed again"


def test_who_looked_and_entered_nothing_ticks_nothing_off(rescued: Server) -> None:
    known = collected(rescued)
    ids = [item.credential.credential_id for item in known.items]
    assert rescued.services.re_entry.without_done(known, ids) == known
    re_enter(rescued, "new-one")
    assert rescued.services.re_entry.without_done(known, []) == known


def test_what_was_removed_leaves_it(rescued: Server) -> None:
    known = collected(rescued)
    gone = known.items[0].credential
    rescued.services.credentials.remove(gone, NOBODY)
    assert names(rescued.services.re_entry.without_done(known, [gone.credential_id])) == ["new-two"]
    assert names(collected(rescued)) == ["new-two"]


def test_where_a_backup_holds_the_key_it_is_named_and_a_restore_of_it_ends_the_list(site: Site) -> None:
    server, old = half_rotated(site)
    here = server.back_up(server.local).copy.address
    server.clock.advance(hours=1)
    newer = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.restore(old)
    found = collected(fresh)
    assert names(found) == ["new-one", "new-two"]
    assert {item.held_by.address for item in found.items if item.held_by} == {newer}
    assert found.in_backups == 2
    assert here != newer
    fresh.restore(newer)
    assert collected(fresh).items == ()


def test_a_backup_that_is_gone_is_named_as_gone(site: Site) -> None:
    server, old = half_rotated(site)
    newer = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.restore(old)
    fresh.lose(newer)
    found = collected(fresh)
    assert (found.in_backups, found.in_lost_backups) == (0, 2)
    [first, _] = found.items
    assert first.held_by is not None
    assert first.held_by.status is CopyStatus.MISSING
    assert not first.held_by.counts


def test_a_backup_that_nobody_vouches_for_or_that_was_retired_is_not_named(site: Site) -> None:
    server, old = half_rotated(site)
    newer = server.back_up().copy
    server.services.register.retire(server.services.register.plan_retire(newer), NOBODY)
    fresh = site.with_database_of(server)
    fresh.restore(old)
    assert collected(fresh).in_backups == 0


def test_a_row_that_was_changed_is_on_it_and_no_backup_is_named(server: Server) -> None:
    credential = server.add("deploy")
    server.back_up()
    server.forge_credential(credential.credential_id, account="CORP\\intruder")
    [item] = collected(server).items
    assert item.reason is FailureReason.TAMPERED
    assert item.held_by is None
    with pytest.raises(CredentialWaits):
        re_enter(server, "deploy")
    server.forge_credential(credential.credential_id, account=credential.fields.account)
    assert collected(server).items == ()


def test_trying_everything_can_be_stopped(rescued: Server) -> None:
    with pytest.raises(Cancelled):
        rescued.services.re_entry.collect(NOBODY, Watching(stops_at=1))

"""The register: copies looked at, checked, added, found and retired."""

import json

import pytest

from nskeys.errors import (
    BackupDamaged,
    BackupForeign,
    Cancelled,
    FileUnreadable,
    NoBackupKnown,
    NoSuchBackup,
    NotABackup,
    PlanOutdated,
)
from nskeys.model.destinations import Location
from nskeys.model.register import CopyStatus, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, Stage
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, PASSPHRASE, Server, Site
from tests.fakes.watching import Watching


@pytest.fixture
def address(server: Server) -> str:
    """A backup of one credential, in the vault."""
    server.add("one")
    return server.back_up().copy.address


def status(server: Server) -> CopyStatus:
    """What a look at the only copy finds."""
    [copy] = server.services.register.copies()
    return copy.status


# --- looking --------------------------------------------------------------------------------------


def test_a_look_finds_a_file_that_is_gone_changed_or_out_of_reach(server: Server, address: str) -> None:
    assert status(server) is CopyStatus.GOOD
    with server.cut_off(server.vault):
        assert status(server) is CopyStatus.UNREACHABLE
        assert server.counts() == (0, 1, 0)
    server.corrupt(address)
    assert status(server) is CopyStatus.CHANGED
    assert server.counts() == (0, 1, 0)
    server.lose(address)
    assert status(server) is CopyStatus.MISSING
    assert server.counts() == (0, 1, 0)


def test_a_file_that_grew_is_changed_and_not_read_whole(memory: MemoryServer) -> None:
    copy = memory.back_up().copy
    files = memory.destinations.places[memory.vault].files
    files[copy.backup.archive_name] += b"more"
    assert status(memory) is CopyStatus.CHANGED


def test_a_look_changes_nothing(server: Server, address: str) -> None:
    before = server.everything()
    server.lose(address)
    server.services.recoverability.overview()
    assert server.everything() == before


def test_without_a_look_the_register_tells_what_it_last_saw(server: Server, address: str) -> None:
    server.lose(address)
    assert server.services.recoverability.overview(look=False).recoverability.totals.recoverable == 1
    server.services.register.check(NOBODY)
    assert server.services.recoverability.overview(look=False).recoverability.totals.at_risk == 1


def test_a_file_that_is_back_counts_again(server: Server, address: str) -> None:
    with server.cut_off(server.vault):
        server.services.register.check(NOBODY)
    assert server.counts() == (1, 0, 0)


def test_exposure_begins_when_a_good_copy_was_last_seen(server: Server, address: str) -> None:
    seen = server.clock.advance(days=2)
    server.services.register.check(NOBODY)
    server.clock.advance(days=5)
    server.lose(address)
    assert server.services.recoverability.assess().exposed_since == seen


# --- checking -------------------------------------------------------------------------------------


def test_a_check_writes_down_what_was_seen_and_keeps_every_proof(server: Server, address: str) -> None:
    server.drill(address)
    server.clock.advance(days=1)
    [checked] = server.services.register.check(NOBODY)
    assert checked.reached(Proof.INTACT) == server.clock.now()
    assert checked.proof is Proof.CREDENTIALS_OPEN
    [stored] = server.services.register.copies(look=False)
    assert stored == checked
    line = json.loads(server.audit()[-1])
    assert (line["action"], line["details"]) == ("register-checked", {"copies": "1"})


def test_a_check_of_what_cannot_be_reached_never_counts_as_good(server: Server, address: str) -> None:
    good = server.clock.now()
    server.clock.advance(days=1)
    with server.cut_off(server.vault):
        [checked] = server.services.register.check(NOBODY)
    assert (checked.status, checked.good_moment) == (CopyStatus.UNREACHABLE, good)
    assert checked.where.location is Location.ELSEWHERE


def test_a_check_counts_the_copies_it_looks_at(server: Server, address: str) -> None:
    server.back_up()
    watching = Watching()
    server.services.register.check(NOBODY, watching)
    assert watching.totals == {Stage.LOOKING: 3}
    assert watching.advanced == {Stage.LOOKING: 3}


def test_a_check_that_is_stopped_writes_nothing_down(server: Server, address: str) -> None:
    server.lose(address)
    before = server.everything()
    with pytest.raises(Cancelled):
        server.services.register.check(NOBODY, Watching(stops_at=1))
    assert server.everything() == before


def test_the_lock_is_free_while_a_check_looks(server: Server, address: str) -> None:
    free = []

    class Looking(Watching):
        def advance(self, count: int = 1) -> None:
            free.append(server.lock_is_free())

    server.services.register.check(NOBODY, Looking())
    assert free == [True, True], "a key backup and a database copy"


def test_what_was_retired_during_a_check_stays_retired(server: Server, address: str) -> None:
    class Retiring(Watching):
        def advance(self, count: int = 1) -> None:
            server.services.register.retire(server.services.register.plan_retire(address), NOBODY)

    server.services.register.check(NOBODY, Retiring())
    [copy] = server.services.register.copies()
    assert copy.retired is not None


def test_the_passphrase_is_asked_for_before_the_lock_is_taken(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    free = []

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free.append(server.lock_is_free())
        return SecretBytes.from_text(PASSPHRASE)

    server.services.register.check(provider)
    assert free == [True]


# --- adding ---------------------------------------------------------------------------------------


def test_a_copy_that_was_carried_away_is_intact_until_a_drill_opens_it(server: Server, site: Site) -> None:
    server.add("one")
    here = server.back_up_keys(server.local).copy.address
    server.copy_database()
    carried = server.carry(here, server.vault)
    added = server.services.register.add(carried, NOBODY)
    assert (added.proof, added.status) == (Proof.INTACT, CopyStatus.GOOD)
    assert (added.address, added.destination) == (carried, server.vault)
    assert server.counts() == (0, 1, 0)
    assert server.drill(carried).recorded
    assert server.counts() == (1, 0, 0)


def test_adding_what_is_known_takes_no_proof_away(server: Server, address: str) -> None:
    server.drill(address)
    assert server.services.register.add(address, NOBODY).proof is Proof.CREDENTIALS_OPEN
    assert len(server.services.register.copies()) == 1


def test_adding_what_was_retired_makes_it_count_again(server: Server, address: str) -> None:
    server.services.register.retire(server.services.register.plan_retire(address), NOBODY)
    assert server.counts() == (0, 1, 0)
    server.services.register.add(address, NOBODY)
    assert server.counts() == (1, 0, 0)


def test_another_servers_backup_is_not_added(server: Server, site: Site) -> None:
    other = site.server()
    other.set_up()
    theirs = other.back_up().copy.address
    before = server.everything()
    with pytest.raises(BackupForeign) as caught:
        server.services.register.add(theirs, NOBODY)
    assert caught.value.reasons == ("other_signer", "other_cmdb")
    assert server.everything() == before


def test_a_damaged_one_is_not_added(server: Server, address: str) -> None:
    server.corrupt(address)
    with pytest.raises(BackupDamaged):
        server.services.register.add(address, NOBODY)


def test_a_bare_kms_is_not_added(memory: MemoryServer) -> None:
    copy = memory.back_up().copy
    inspected, *_ = memory.services.register.read(copy.address)
    memory.destinations.places[memory.vault].files["keys.kms"] = inspected.kms
    with pytest.raises(NotABackup) as caught:
        memory.services.register.add("/vault/keys.kms", NOBODY)
    assert caught.value.problem == "bare"


def test_a_file_that_is_not_there_is_said_not_to_be(server: Server) -> None:
    with pytest.raises(FileUnreadable) as caught:
        server.services.register.add(f"{server.vault}/nothing.zip", NOBODY)
    assert caught.value.problem == "missing"


# --- finding --------------------------------------------------------------------------------------


def test_a_copy_is_found_by_address_by_name_and_by_the_beginning_of_its_hash(
    server: Server, address: str
) -> None:
    register = server.services.register
    [copy] = register.copies(look=False)
    for reference in (address, copy.backup.archive_name, copy.backup.kms_sha256[:4].upper()):
        assert register.find(reference) == copy


@pytest.mark.parametrize("reference", ["", "0", "abc", "nothing.zip"])
def test_what_is_too_short_or_unknown_finds_nothing(server: Server, address: str, reference: str) -> None:
    with pytest.raises(NoSuchBackup):
        server.services.register.find(reference)


def test_two_copies_of_one_backup_are_told_apart_by_their_address(server: Server, address: str) -> None:
    carried = server.carry(address, server.local)
    server.services.register.add(carried, NOBODY)
    [first, second] = server.services.register.copies(look=False)
    with pytest.raises(NoSuchBackup):
        server.services.register.find(first.backup.kms_sha256)
    assert server.services.register.find(carried).address == carried
    assert {first.address, second.address} == {address, carried}


def test_latest_is_the_newest_that_is_there_and_whole(server: Server, address: str) -> None:
    second = server.back_up().copy.address
    third = server.back_up().copy.address
    register = server.services.register
    assert register.read("latest")[3] == third
    server.lose(third)
    assert register.read("latest")[3] == second
    server.corrupt(second)
    assert register.read("latest")[3] == address
    register.retire(register.plan_retire(address), NOBODY)
    with pytest.raises(NoBackupKnown):
        register.read("latest")


# --- retiring -------------------------------------------------------------------------------------


def test_retiring_the_last_good_copy_says_what_it_loses(server: Server, address: str) -> None:
    server.add("two")
    plan = server.services.register.plan_retire(address)
    assert (plan.loses, plan.credentials) == ((server.active(),), 2)
    before = server.everything()
    assert server.services.register.plan_retire(address) == plan
    assert server.everything() == before


def test_retiring_one_of_two_good_copies_loses_nothing(server: Server, address: str) -> None:
    server.back_up()
    plan = server.services.register.plan_retire(address)
    assert (plan.loses, plan.credentials) == ((), 0)
    server.services.register.retire(plan, NOBODY)
    assert server.counts() == (1, 0, 0)


@pytest.mark.parametrize("how", ["lost", "here"])
def test_a_copy_that_does_not_count_replaces_none(server: Server, address: str, how: str) -> None:
    if how == "lost":
        server.lose(server.back_up().copy.address)
    else:
        server.back_up(server.local)
    assert server.services.register.plan_retire(address).credentials == 1


def test_a_retired_copy_counts_no_more_and_its_file_stays(server: Server, address: str) -> None:
    register = server.services.register
    gone = register.retire(register.plan_retire(address), NOBODY)
    assert gone.retired == server.clock.now()
    assert server.counts() == (0, 1, 0)
    assert [listed.name for listed in server.services.destinations.files(server.vault)]
    assert '"register-retired"' in server.audit()[-1]
    assert register.read(address)[0].manifest is not None


def test_a_plan_to_retire_is_outdated_once_the_register_changed(server: Server, address: str) -> None:
    second = server.back_up().copy.address
    register = server.services.register
    plan = register.plan_retire(address)
    assert plan.credentials == 0
    register.retire(register.plan_retire(second), NOBODY)
    before = server.everything()
    with pytest.raises(PlanOutdated):
        register.retire(plan, NOBODY)
    assert server.everything() == before


def test_after_retiring_the_newest_one_the_older_is_the_last(server: Server, address: str) -> None:
    newest = server.back_up().copy.address
    server.services.register.retire(server.services.register.plan_retire(newest), NOBODY)
    last = server.services.recoverability.assess().last
    assert last is not None
    assert last.address == address

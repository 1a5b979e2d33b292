"""Restore: on an empty home, beside a copied database, onto keys that are here; seen first, then done."""

import json
from dataclasses import replace

import pytest

from nskeys.errors import (
    BackupDamaged,
    BackupForeign,
    BackupForged,
    Cancelled,
    ChangeWaits,
    CmdbUnreachable,
    Locked,
    NotABackup,
    PlanOutdated,
    WrongPassword,
)
from nskeys.model.keys import KeyFate, KeyState, RotationStage
from nskeys.model.plans import RestorePlan
from nskeys.model.register import Proof
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, SilentProgress, Stage
from nskeys.reasons import MismatchKind
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.real_site import RealServer
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site
from tests.fakes.watching import Watching


@pytest.fixture
def address(server: Server) -> str:
    """A backup of two credentials, in the vault."""
    server.add("one", "secret 1")
    server.add("two", "secret 2")
    return server.back_up().copy.address


def planned(server: Server, address: str) -> RestorePlan:
    """What a restore would do."""
    source = find_source(server.installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(server.installation, source, answers, SilentProgress()) as open_source:
        return server.services.restore.plan(open_source)


def confirmed(server: Server, plan: RestorePlan) -> RestoreChoices:
    """Into a plain file, with a yes to the server key."""
    return RestoreChoices(server.settings(), "file", plan.facts.server_key)


# --- onto nothing ---------------------------------------------------------------------------------


def test_an_empty_home_becomes_that_server(server: Server, site: Site, address: str) -> None:
    fresh = site.server()
    report = fresh.restore(address)
    assert (report.added, report.present) == ((server.active(),), ())
    assert (report.proof.opened, report.proof.failed) == (0, 0)
    assert fresh.installation.cmdb.cmdb_id() == server.installation.cmdb.cmdb_id()
    assert fresh.installation.server_public() != server.installation.server_public()
    assert fresh.states() == server.states()
    fresh.add("three")
    fresh.copy_database()
    assert fresh.counts() == (1, 0, 0)


def test_a_database_that_comes_after_the_keys_is_another_servers_and_nothing_changes(
    server: Server, site: Site, address: str
) -> None:
    """The restore made a new server key, and that database has a checkpoint of the key before."""
    fresh = site.server()
    fresh.restore(address)
    if isinstance(fresh, MemoryServer) and isinstance(server, MemoryServer):
        fresh.cmdb.state = server.cmdb.state
    elif isinstance(fresh, RealServer) and isinstance(server, RealServer):
        fresh.folder.cmdb.write_bytes(server.folder.cmdb.read_bytes())
    assert fresh.services.verify.execute(NOBODY).opened == 2
    before = fresh.register_rows()
    with pytest.raises(ChangeWaits) as raised:
        fresh.add("three")
    assert [one.what for one in raised.value.mismatches] == [MismatchKind.OTHER_SERVER]
    assert fresh.register_rows() == before
    fresh.accept(take_back=True)
    assert fresh.secrets() == {"run-as/one": "secret 1", "run-as/two": "secret 2"}


def test_beside_a_copied_database_every_credential_opens_and_is_told(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    watching = Watching()
    report = fresh.restore(address, progress=watching)
    assert (report.proof.opened, report.proof.failed) == (2, 0)
    assert report.rotation_advised
    assert len(watching.tried) == 2
    assert watching.stages == [Stage.OPENING, Stage.STORING_KEYS, Stage.PROVING]
    assert fresh.secrets() == server.secrets()
    assert fresh.counts() == (0, 2, 0), "its inventory was counted anew, so another copy is due"
    fresh.copy_database()
    assert fresh.counts() == (2, 0, 0)


def test_the_register_and_the_registry_values_name_the_source(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    fresh.clock.advance(days=3)
    fresh.restore(address)
    [copy] = fresh.services.register.copies()
    assert copy.signed
    assert copy.address == address
    assert copy.proof is Proof.CREDENTIALS_OPEN
    assert copy.drilled_rows == 2
    assert fresh.installation.registry.read() == RegistryValues(server.vault, copy.backup.created)
    assert fresh.services.backup.due() == ()


def test_a_restore_without_any_database_registers_its_source_too(site: Site, address: str) -> None:
    fresh = site.server()
    fresh.restore(address)
    [copy] = fresh.services.register.copies()
    assert (copy.signed, copy.proof) == (True, Proof.KEYS_MATCH)
    assert fresh.back_up().copy.backup.generation == 2


def test_its_line_in_the_trail_names_file_and_keys(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    fresh.restore(address)
    line = json.loads(fresh.audit()[-2])
    assert (line["action"], line["subject"]) == ("restored", address)
    assert line["details"] == {
        "added": server.active()[:8],
        "foreign": "not_vouched",
        "server_key": planned(server, address).facts.server_key,
        "protector": "file",
        "server": fresh.installation.settings.read().server_name,
    }
    assert fresh.services.audit.verify().whole


def test_a_second_restore_changes_nothing(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    fresh.restore(address)
    fresh.clock.advance(days=1)
    before = fresh.everything()
    report = fresh.restore(address)
    assert (report.added, report.present) == ((), (server.active(),))
    assert report.proof.opened == 2
    assert fresh.everything() == before


def test_a_file_that_was_carried_is_registered_where_it_was_read(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    carried = server.carry(address, fresh.local)
    fresh.restore(carried)
    found = {copy.address: copy for copy in fresh.services.register.copies()}
    assert found[carried].proof is Proof.CREDENTIALS_OPEN
    assert found[address].proof is Proof.OPENED
    fresh.copy_database()
    assert fresh.counts() == (2, 0, 0)


def test_a_restore_from_a_stick_alone_leaves_everything_at_risk(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    carried = server.carry(address, fresh.local)
    server.lose(address)
    fresh.restore(carried)
    assert fresh.counts() == (0, 2, 0)


# --- the plan -------------------------------------------------------------------------------------


def test_the_plan_is_seen_first_and_changes_nothing(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    plan = planned(fresh, address)
    [key] = plan.keys
    assert (key.fate, key.state_after, key.credentials) == (KeyFate.NEW, KeyState.ACTIVE, 2)
    assert (plan.opens_before, plan.opens_after, plan.total) == (0, 2, 2)
    assert (plan.foreign, plan.newer_known, plan.sets_up) == (("not_vouched",), None, True)
    assert not fresh.installation.key_store.exists()
    assert fresh.register_rows() == server.register_rows()


def test_an_older_backup_is_shown_with_what_it_lacks(server: Server, site: Site, address: str) -> None:
    server.rotate(without_backup=True)
    server.add("three")
    newer = server.back_up().copy
    fresh = site.with_database_of(server)
    plan = planned(fresh, address)
    assert (plan.opens_before, plan.opens_after, plan.total) == (0, 0, 3)
    assert plan.newer_known is not None
    assert plan.newer_known.address == newer.address
    assert planned(fresh, newer.address).newer_known is None


def test_an_older_backup_brings_back_what_it_can_and_the_newer_one_the_rest(
    server: Server, site: Site, address: str
) -> None:
    before_the_rotation = site.with_database_of(server)
    server.rotate(without_backup=True)
    server.add("three")
    newer = server.back_up().copy.address
    fresh = site.with_database_of(server)
    old = fresh.restore(address)
    assert (old.proof.opened, old.proof.failed) == (0, 3)
    assert fresh.restore(newer).proof.opened == 3
    fresh.copy_database()
    assert fresh.counts() == (3, 0, 0)
    assert fresh.secrets() == server.secrets()
    assert before_the_rotation.restore(newer).proof.opened == 2


def test_a_plan_is_outdated_once_keys_arrived_and_a_new_one_finishes(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    source = find_source(fresh.installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(fresh.installation, source, answers, SilentProgress()) as open_source:
        plan = fresh.services.restore.plan(open_source)
        fresh.restore(address)
        with pytest.raises(PlanOutdated):
            fresh.services.restore.execute(plan, open_source, NOBODY, confirmed(fresh, plan))
        again = fresh.services.restore.plan(open_source)
        report = fresh.services.restore.execute(again, open_source, NOBODY, confirmed(fresh, again))
    assert report.proof.opened == 2


def test_a_plan_that_was_outdated_on_an_empty_home_can_be_made_again_from_the_same_source(
    site: Site, address: str
) -> None:
    fresh = site.server()
    source = find_source(fresh.installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(fresh.installation, source, answers, SilentProgress()) as open_source:
        stale = replace(fresh.services.restore.plan(open_source), fingerprint="of another day")
        with pytest.raises(PlanOutdated):
            fresh.services.restore.execute(stale, open_source, NOBODY, confirmed(fresh, stale))
        plan = fresh.services.restore.plan(open_source)
        fresh.services.restore.execute(plan, open_source, NOBODY, confirmed(fresh, plan))
    assert fresh.services.audit.verify().whole


# --- passwords ------------------------------------------------------------------------------------


def test_a_wrong_password_changes_nothing(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    with pytest.raises(WrongPassword):
        fresh.restore(address, password="wrong")
    assert not fresh.installation.key_store.exists()
    assert fresh.register_rows() == server.register_rows()


def test_a_new_passphrase_is_asked_for_once_and_before_the_lock_is_taken(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    asked = []

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        asked.append((request.purpose, fresh.lock_is_free()))
        backup = request.purpose is Purpose.BACKUP_PASSWORD
        return SecretBytes.from_text(PASSWORD if backup else PASSPHRASE)

    source = find_source(fresh.installation, address)
    with opened(fresh.installation, source, provider, SilentProgress()) as open_source:
        plan = fresh.services.restore.plan(open_source)
        fresh.services.restore.execute(
            plan,
            open_source,
            provider,
            RestoreChoices(fresh.settings(), "passphrase", plan.facts.server_key),
        )
    assert asked == [(Purpose.BACKUP_PASSWORD, True), (Purpose.NEW_PASSPHRASE, True)]
    assert fresh.installation.key_store.info().protector == "passphrase"


def test_the_keys_of_a_source_are_forgotten_when_it_is_closed(server: Server, address: str) -> None:
    source = find_source(server.installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(server.installation, source, answers, SilentProgress()) as open_source:
        keys = [key.material for key in open_source.contents.keys]
        assert all(keys)
    assert not any(keys)


# --- onto keys that are here ----------------------------------------------------------------------


def test_restored_keys_arrive_beside_the_active_one_and_seal_nothing(server: Server, site: Site) -> None:
    server.add("one", "secret 1")
    address = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    own = fresh.active()
    plan = planned(fresh, address)
    assert plan.foreign == ("other_signer",)
    assert (plan.opens_before, plan.opens_after) == (0, 1)
    report = fresh.restore(address)
    assert not report.rotation_advised
    assert fresh.states() == {own: KeyState.ACTIVE, server.active(): KeyState.DEACTIVATED}
    assert fresh.active() == own
    assert fresh.secrets() == {"run-as/one": "secret 1"}


def test_rows_of_a_key_that_arrived_are_no_rows_that_were_put_back(server: Server, site: Site) -> None:
    server.add("one")
    address = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    fresh.clock.advance(hours=1)
    fresh.restore(address)
    overview = fresh.services.recoverability.overview()
    assert (overview.put_back, overview.arrived) == ((), (server.active(),))
    fresh.clock.advance(hours=1)
    fresh.rotate(without_backup=True)
    overview = fresh.services.recoverability.overview()
    assert (overview.put_back, overview.arrived) == ((), ())


def test_a_restore_of_its_own_backup_changes_no_key(server: Server, address: str) -> None:
    before = server.states(), server.active()
    server.restore(address)
    assert (server.states(), server.active()) == before


def test_a_key_that_the_backup_calls_deactivated_goes_on_sealing_here(server: Server, site: Site) -> None:
    older = site.server()
    older.restore(server.back_up().copy.address)
    server.rotate(without_backup=True)
    newer = server.back_up().copy.address
    first, second = older.active(), server.active()
    older.restore(newer)
    assert older.states() == {first: KeyState.ACTIVE, second: KeyState.DEACTIVATED}


def test_what_a_restore_proved_of_other_keys_is_no_proof_of_the_backup(server: Server, site: Site) -> None:
    empty_handed = server.back_up().copy.address
    server.rotate(without_backup=True)
    server.add("one")
    report = server.restore(empty_handed)
    assert report.proof.opened == 1
    found = {copy.address: copy for copy in server.services.register.copies()}
    assert found[empty_handed].proof is Proof.KEYS_MATCH


def test_an_older_backup_does_not_turn_the_registry_values_back(server: Server, address: str) -> None:
    server.clock.advance(days=1)
    server.back_up()
    values = server.installation.registry.read()
    server.restore(address)
    assert server.installation.registry.read() == values


# --- foreign --------------------------------------------------------------------------------------


def test_a_backup_of_another_cmdb_needs_a_plain_confirmation(server: Server, site: Site) -> None:
    other = site.server()
    other.set_up()
    theirs = other.back_up().copy.address
    before = server.everything()
    with pytest.raises(BackupForeign) as caught:
        server.restore(theirs, confirmed=False)
    assert caught.value.reasons == ("other_signer", "other_cmdb")
    assert server.everything() == before
    server.restore(theirs)
    assert server.installation.registry.read() == RegistryValues()
    assert '"foreign":"other_signer other_cmdb"' in server.audit()[-1]


def test_beside_another_servers_database_it_needs_one_too(server: Server, site: Site, address: str) -> None:
    other = site.server()
    other.set_up()
    fresh = site.with_database_of(other)
    with pytest.raises(BackupForeign) as caught:
        fresh.restore(address, confirmed=False)
    assert caught.value.reasons == ("not_vouched", "other_cmdb")
    fresh.restore(address)
    assert fresh.installation.cmdb.cmdb_id() == other.installation.cmdb.cmdb_id()
    assert fresh.installation.server_public() != server.installation.server_public()


def test_a_bare_kms_is_accepted_and_not_registered(site: Site, server: Server, address: str) -> None:
    inspected, *_ = server.services.register.read(address)
    place = server.installation.destinations.at(server.installation.destinations.configured(server.vault))
    place.publish("keys.kms", inspected.kms)
    fresh = site.with_database_of(server)
    report = fresh.restore(f"{server.vault}/keys.kms")
    assert report.proof.opened == 2
    assert len(fresh.backup_rows()) == 1
    fresh.copy_database()
    assert fresh.counts() == (2, 0, 0)
    before = fresh.everything()
    fresh.restore(f"{server.vault}/keys.kms")
    assert fresh.everything() == before


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotABackup),
        (b"not a backup at all", NotABackup),
        (b"PK\x03\x04 a zip of some kind", NotABackup),
    ],
)
def test_what_is_no_backup_is_said_to_be_none(server: Server, data: bytes, error: type[Exception]) -> None:
    place = server.installation.destinations.at(server.installation.destinations.configured(server.vault))
    name = place.publish("holiday.zip", data)
    with pytest.raises(error):
        server.restore(place.address_of(name))


def test_a_damaged_and_a_forged_archive_are_refused_before_any_password(
    server: Server, address: str
) -> None:
    inspected_source = server.installation.destinations.source(address)
    data = inspected_source[0].read(inspected_source[1], 1 << 20)
    place = server.installation.destinations.at(server.installation.destinations.configured(server.vault))
    damaged = place.publish("damaged.zip", data[:-30] + bytes([data[-30] ^ 1]) + data[-29:])
    with pytest.raises(BackupDamaged):
        find_source(server.installation, place.address_of(damaged))
    words = b"nskeys restore"
    assert words in data
    swapped = place.publish("forged.zip", data.replace(words, b"nskeys destroy"))
    with pytest.raises((BackupForged, BackupDamaged)):
        find_source(server.installation, place.address_of(swapped))


# --- a rotation that was open ---------------------------------------------------------------------


def test_a_key_that_waited_goes_on_waiting_and_its_rotation_goes_on(server: Server, site: Site) -> None:
    server.add("one")
    server.rotate()
    address = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.restore(address)
    assert fresh.states() == server.states()
    rotation = fresh.services.recoverability.overview().rotation
    assert rotation is not None
    assert rotation.stage is RotationStage.WAITING
    fresh.rotate()
    assert fresh.secrets() == {"run-as/one": "secret"}
    assert fresh.services.recoverability.overview().rotation is None


def test_a_key_that_waited_in_the_backup_and_seals_rows_now_goes_on_sealing(
    server: Server, site: Site
) -> None:
    server.add("one")
    server.rotate()
    address = server.back_up().copy.address
    server.rotate()
    waiting = server.active()
    fresh = site.with_database_of(server)
    report = fresh.restore(address)
    assert report.proof.opened == 1
    assert fresh.active() == waiting
    assert sorted(fresh.states().values()) == ["active", "deactivated"]
    assert fresh.add("two").kid == waiting


def test_a_rotation_whose_key_was_never_backed_up_is_begun_anew(server: Server, site: Site) -> None:
    server.add("one")
    address = server.back_up().copy.address
    server.rotate()
    lost = server.keys()[-1].kid if server.keys()[-1].state is KeyState.PRE_ACTIVE else server.keys()[0].kid
    fresh = site.with_database_of(server)
    fresh.restore(address)
    assert fresh.services.recoverability.overview().rotation is None
    plan = fresh.services.rotation.plan()
    assert (plan.creates, plan.kid) == (True, None)
    report = fresh.rotate()
    assert report.kid != lost
    fresh.back_up()
    fresh.rotate()
    assert fresh.secrets() == {"run-as/one": "secret"}


def test_a_rotation_that_was_half_done_when_the_machine_died_is_finished_by_its_key(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.services.keys.rotation.BATCH", 1)
    site = MemorySite()
    site.destinations = memory.destinations
    for name in ("one", "two", "three"):
        memory.add(name)
    memory.rotate()
    address = memory.back_up().copy.address
    with pytest.raises(Cancelled):
        memory.rotate(progress=Watching(stops_at=2))
    half = {row.credential.kid for row in memory.cmdb.state.rows.values()}
    assert len(half) == 2
    fresh = site.with_database_of(memory)
    assert fresh.restore(address).proof.opened == 3
    rotation = fresh.services.recoverability.overview().rotation
    assert rotation is not None
    assert rotation.stage is RotationStage.RESEALING
    fresh.rotate()
    assert fresh.active() == memory.active()
    assert {row.credential.kid for row in fresh.cmdb.state.rows.values()} == {memory.active()}
    assert len(fresh.secrets()) == 3


# --- interrupted ----------------------------------------------------------------------------------


def test_stopped_before_it_began_it_changes_nothing(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    with pytest.raises(Cancelled):
        fresh.restore(address, progress=Watching(stops_at=1))
    assert not fresh.installation.key_store.exists()


def test_stopped_during_the_proof_the_keys_stay_and_a_repeat_proves(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)
    with pytest.raises(Cancelled) as caught:
        fresh.restore(address, progress=Watching(stops_at=2))
    assert caught.value.what == "proof"
    assert fresh.secrets() == server.secrets()
    assert fresh.restore(address).proof.opened == 2
    [copy] = fresh.services.register.copies()
    assert copy.proof is Proof.CREDENTIALS_OPEN


def test_a_second_administrator_during_the_proof_does_not_make_it_fail(
    server: Server, site: Site, address: str
) -> None:
    fresh = site.with_database_of(server)

    class Busy(Watching):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            super().stage(stage, total)
            if stage is Stage.PROVING:
                self.other = fresh.installation.lock.hold("adding a credential")
                self.other.__enter__()

    busy = Busy()
    report = fresh.restore(address, progress=busy)
    busy.other.__exit__(None, None, None)
    assert report.proof.opened == 2
    assert isinstance(report.not_recorded, Locked)
    assert fresh.restore(address).not_recorded is None


def test_while_somebody_else_works_nothing_is_restored(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    fresh.installation.home.prepare()
    with fresh.installation.lock.hold("setting up"), pytest.raises(Locked):
        fresh.restore(address)
    assert not fresh.installation.key_store.exists()


def test_keys_whose_cmdb_is_gone_get_no_restore_before_it_is_back(
    site: Site, server: Server, address: str
) -> None:
    if isinstance(server, RealServer):
        server.folder.cmdb.unlink()
    else:
        assert isinstance(server, MemoryServer)
        server.cmdb._id = None
    with pytest.raises(CmdbUnreachable) as caught:
        server.restore(address)
    assert caught.value.problem == "missing"

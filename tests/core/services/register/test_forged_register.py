"""Whoever can write to the database can write rows into the register. None paints anything green."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from nskeys.errors import ChangeWaits, NoBackupKnown, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.destinations import Location
from nskeys.model.findings import FindingKind, Severity
from nskeys.model.keys import Rotation, RotationStage
from nskeys.model.register import REGISTER_LIMIT, BackupCopy, CopyStatus, Proof
from nskeys.model.register_json import from_text
from nskeys.reasons import MismatchKind
from nskeys.services.register import signed_rows
from nskeys.services.status.findings import findings_of
from tests.fakes.dying import Life
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, RawRegisterRow, Server, Site


def changed(row: RawRegisterRow, change: Callable[[dict[str, object]], None]) -> RawRegisterRow:
    """The row with another body, its columns to match, and the signature it had."""
    body = json.loads(row.body)
    change(body)
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return RawRegisterRow(body["backup"]["kms_sha256"], body["address"], text, row.signature)


def says(name: str, value: object) -> Callable[[dict[str, object]], None]:
    """A change of one member, at the top or of the backup."""

    def change(body: dict[str, object]) -> None:
        backup = body["backup"]
        assert isinstance(backup, dict)
        (backup if name in backup else body)[name] = value

    return change


FORGERIES = {
    "an opened proof": says("proofs", [{"moment": "2026-11-23T14:02:00Z", "proof": "credentials_open"}]),
    "another place": says("where", {"detail": "", "location": "elsewhere", "reason": "network_mount"}),
    "a later look": says("look_moment", "2030-01-01T00:00:00Z"),
    "more rows tried": says("drilled_rows", 1_000),
    "another generation": says("generation", 1_000_000),
    "a newer date": says("created", "2030-01-01T00:00:00Z"),
    "a later good look": says("good_moment", "2030-01-01T00:00:00Z"),
}


def waits(server: Server) -> list[MismatchKind]:
    """What of this server waits for a person."""
    return [one.what for one in server.services.checkpoint.show().mismatches]


@pytest.fixture
def here(server: Server) -> Server:
    """A server with one credential, whose key is backed up on its own disk only, and its row elsewhere."""
    server.add("one")
    server.back_up_keys(server.local)
    server.copy_database()
    assert server.counts() == (0, 1, 0)
    return server


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_changed_row_loses_its_signature_and_all_it_claims(here: Server, forgery: str) -> None:
    here.forge_backups([changed(row, FORGERIES[forgery]) for row in here.backup_rows()])
    assert waits(here) == [MismatchKind.REGISTER]
    claims_nothing(here)
    here.accept()
    assert waits(here) == []
    claims_nothing(here)


def claims_nothing(here: Server) -> None:
    overview = here.services.recoverability.overview()
    [copy] = overview.copies
    assert not copy.signed
    assert (copy.proof, copy.status) == (Proof.RECORDED, CopyStatus.NOT_LOOKED)
    assert copy.where.location is Location.UNKNOWN
    assert here.counts() == (0, 1, 0)
    assert overview.recoverability.keys[0].backups == 0
    assert overview.recoverability.last is None
    assert overview.recoverability.due


def test_a_row_made_up_whole_is_listed_and_counts_for_nothing(here: Server) -> None:
    [row] = here.backup_rows()
    forged = changed(row, says("kms_sha256", "f" * 64))
    here.forge_backups([row, replace(forged, signature=bytes(64))])
    assert waits(here) == [MismatchKind.REGISTER]
    here.accept()
    assert [copy.signed for copy in here.services.register.copies()] == [True, False]
    assert here.counts() == (0, 1, 0)


@pytest.mark.slow
def test_a_register_that_somebody_filled_is_counted_and_not_walked(
    here: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Monitoring gets its answer in time, and is told; once accepted, with the copies that this server
    signed."""
    [row] = here.backup_rows()
    forged = changed(row, says("kms_sha256", "f" * 64))
    filling = (replace(forged, address=f"/x/{number}.zip") for number in range(REGISTER_LIMIT))
    parsed: list[str] = []

    def parsing(text: str) -> BackupCopy:
        parsed.append(text)
        return from_text(text)

    monkeypatch.setattr(signed_rows, "from_text", parsing)
    here.forge_backups([row, *filling])
    assert waits(here) == [MismatchKind.REGISTER]
    for signed in (False, True):
        overview = here.services.recoverability.overview()
        assert [copy.signed for copy in overview.copies] == [signed]
        assert set(parsed) == {row.body}
        assert here.counts() == (0, 1, 0)
        [finding] = [one for one in findings_of(overview) if one.kind is FindingKind.REGISTER_TOO_LARGE]
        assert (finding.severity, finding.count) == (Severity.WARNING, REGISTER_LIMIT + 2)
        if not signed:
            here.accept()
    here.forge_backups([row])
    assert not here.services.recoverability.overview().unread_rows


def test_a_signature_covers_its_own_row_only(server: Server) -> None:
    server.add("one")
    server.back_up()
    server.back_up(server.local)
    rows = server.backup_rows()
    elsewhere = next(row for row in rows if row.address.startswith(server.vault))
    here = next(row for row in rows if row.address.startswith(server.local))
    server.forge_backups([replace(here, signature=elsewhere.signature)])
    assert waits(server) == [MismatchKind.REGISTER]
    server.accept()
    assert not any(copy.signed for copy in server.services.register.copies())
    assert server.counts() == (0, 1, 0)


def test_another_servers_row_is_not_this_ones(server: Server, site: Site) -> None:
    server.add("one")
    other = site.server()
    other.set_up()
    other.add("theirs")
    other.back_up()
    server.forge_backups(other.backup_rows())
    assert waits(server) == [MismatchKind.REGISTER]
    server.accept()
    [copy] = server.services.register.copies()
    assert not copy.signed
    assert server.counts() == (0, 1, 0)


def test_an_older_row_of_its_own_revives_a_retired_copy_only_as_it_is_seen_now(server: Server) -> None:
    server.add("one")
    address = server.back_up().copy.address
    before = server.backup_rows()
    server.services.register.retire(server.services.register.plan_retire(address), NOBODY)
    assert server.counts() == (0, 1, 0)
    server.lose(address)
    server.forge_backups(before)
    assert waits(server) == [MismatchKind.REGISTER]
    assert server.counts() == (0, 1, 0)
    server.accept()
    assert server.counts() == (0, 1, 0)


def test_the_same_row_put_in_twice_is_one_copy(server: Server) -> None:
    server.add("one")
    server.back_up()
    [row] = server.backup_rows()
    server.forge_backups([row, replace(row, address="/elsewhere/in/the/column.zip")])
    assert len(server.services.register.copies()) == 1
    assert waits(server) == [MismatchKind.REGISTER]
    assert server.services.recoverability.assess().keys[0].backups == 0
    server.accept()
    assert len(server.services.register.copies()) == 1
    assert server.services.recoverability.assess().keys[0].backups == 1


def test_of_two_rows_for_one_copy_the_one_that_is_vouched_for_holds(server: Server) -> None:
    server.add("one")
    address = server.back_up().copy.address
    [before] = server.backup_rows()
    server.clock.advance(days=1)
    with server.cut_off(server.vault):
        server.services.register.check(NOBODY)
    [after] = server.backup_rows()
    forged = changed(after, says("look_moment", "2030-01-01T00:00:00Z"))
    for rows in ([before, after, forged], [forged, after, before]):
        server.forge_backups(
            [replace(row, address=f"{address}#{number}") for number, row in enumerate(rows)]
        )
        [copy] = server.services.register.copies(look=False)
        assert (copy.signed, copy.status) == (True, CopyStatus.UNREACHABLE)


def test_a_drill_vouches_for_no_forged_row_of_a_real_file(here: Server) -> None:
    forged = [replace(row, signature=None) for row in here.backup_rows()]
    here.forge_backups(forged)
    assert not here.drill(forged[0].address).recorded
    assert here.backup_rows() == forged


def test_retiring_a_forged_row_beside_an_honest_one_signs_neither_anew(here: Server) -> None:
    [row] = here.backup_rows()
    forged = replace(changed(row, says("kms_sha256", "f" * 64)), signature=None)
    here.forge_backups([row, forged])
    register = here.services.register
    register.retire(register.plan_retire("f" * 64), NOBODY)
    kept, retired = sorted(here.backup_rows(), key=lambda found: found.kms_sha256)
    assert kept == row
    assert retired.signature is None


@pytest.mark.parametrize("rubbish", ["", "{}", "[" * 500, '{"backup":1}', "null", "\x00", "9" * 5_000])
def test_a_row_that_is_no_row_is_counted_and_holds_nobody_up(
    server: Server, site: Site, rubbish: str
) -> None:
    server.add("one")
    address = server.back_up().copy.address
    [row] = server.backup_rows()
    server.forge_backups([row, RawRegisterRow("0" * 64, "/x", rubbish, row.signature)])
    overview = server.services.recoverability.overview()
    assert [one.what for one in overview.mismatches] == [MismatchKind.REGISTER]
    assert (overview.unreadable_rows, overview.recoverability.totals.recoverable) == (1, 0)
    server.services.register.check(NOBODY)
    server.back_up()
    assert server.drill(address).recorded
    with pytest.raises(ChangeWaits):
        server.rotate()
    server.accept()
    server.copy_database()
    overview = server.services.recoverability.overview()
    assert overview.mismatches == ()
    assert (overview.unreadable_rows, overview.recoverability.totals.recoverable) == (1, 1)
    server.rotate()
    fresh = site.with_database_of(server)
    assert fresh.services.set_up.look().remembered
    assert fresh.restore(address).proof.opened == 1


def test_a_forged_row_pushes_no_generation(here: Server) -> None:
    [row] = here.backup_rows()
    forged = changed(row, says("generation", 2**40))
    here.forge_backups([row, replace(changed(forged, says("kms_sha256", "f" * 64)), signature=None)])
    made = here.back_up().copy.backup
    assert (made.generation, made.previous) == (2, row.kms_sha256)


def test_checking_the_register_vouches_for_no_forged_row(here: Server) -> None:
    forged = [changed(row, FORGERIES["another place"]) for row in here.backup_rows()]
    here.forge_backups(forged)
    here.services.register.check(NOBODY)
    assert here.backup_rows() == forged
    assert here.counts() == (0, 1, 0)


def test_retiring_a_forged_row_vouches_for_nothing_it_claims(here: Server) -> None:
    [row] = here.backup_rows()
    here.forge_backups([changed(row, FORGERIES["another place"])])
    plan = here.services.register.plan_retire(row.address)
    assert (plan.loses, plan.credentials) == ((), 0)
    here.services.register.retire(plan, NOBODY)
    [copy] = here.services.register.copies()
    assert copy.retired is not None
    assert not copy.signed
    added = here.services.register.add(row.address, NOBODY)
    assert added.proof is Proof.INTACT
    assert here.counts() == (0, 1, 0)


def test_a_forged_row_slipped_in_after_the_plan_outdates_it(server: Server) -> None:
    server.add("one")
    address = server.back_up().copy.address
    plan = server.services.register.plan_retire(address)
    [row] = server.backup_rows()
    server.forge_backups([changed(row, says("drilled_rows", 7))])
    with pytest.raises(PlanOutdated):
        server.services.register.retire(plan, NOBODY)


def test_the_address_in_a_forged_row_is_never_opened(memory: MemoryServer) -> None:
    memory.add("one")
    memory.back_up()
    [row] = memory.backup_rows()
    trap = changed(changed(row, says("address", "/trap/x.zip")), says("kms_sha256", "f" * 64))
    memory.forge_backups([row, trap])
    life = Life()
    memory.with_life(life)
    memory.services.recoverability.overview()
    memory.services.register.check(NOBODY)
    memory.services.audit.verify()
    # Three looks at the one row that the server key signed.
    assert life.calls.count("destinations.source.read") == 3


def test_latest_is_never_a_row_that_nobody_vouches_for(here: Server) -> None:
    here.forge_backups([replace(row, signature=None) for row in here.backup_rows()])
    with pytest.raises(NoBackupKnown):
        here.services.register.read("latest")


def test_on_new_hardware_where_nobody_can_vouch_the_rows_own_word_finds_the_file(
    server: Server, site: Site
) -> None:
    server.add("one")
    server.back_up()
    newest = server.back_up().copy.address
    fresh = site.with_database_of(server)
    _, _, _, found = fresh.services.register.read("latest")
    assert found == newest
    assert fresh.restore("latest").proof.opened == 1


def test_a_forged_rotation_makes_no_old_key_seal_again(server: Server) -> None:
    server.add("one")
    old = server.active()
    server.rotate(without_backup=True)
    now = server.clock.now()
    event = server.installation.event(Action.KEY_CREATED, "forged")
    with server.installation.cmdb.changing(event) as change:
        change.set_rotation(Rotation(0, old, RotationStage.RESEALING, now, now))
    overview = server.services.recoverability.overview()
    assert overview.rotation is None
    with pytest.raises(ChangeWaits):
        server.rotate()
    server.accept()
    plan = server.services.rotation.plan()
    assert plan.creates
    report = server.rotate()
    assert report.kid not in (old, server.active())
    assert server.states()[old] == "deactivated"

"""Rotation: a waiting key, a gate, batches; each call does the next step that may be done."""

import json

import pytest

from nskeys.errors import Cancelled, KeyUsedUp, Locked, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.keys import SEALS_LIMIT, KeyState, Kid, RotationStage
from nskeys.model.recoverability import DueReason
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, Stage
from nskeys.reasons import FailureReason
from nskeys.services.keys.rotation import RotationService
from tests.fakes.dying import Killed, Life
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY, PASSPHRASE, Server, Site, run_as
from tests.fakes.watching import Watching


@pytest.fixture
def filled(server: Server) -> Server:
    """A server with three credentials and a backup in the vault."""
    for number in range(3):
        server.add(f"deploy-{number}", f"secret {number}")
    server.back_up()
    return server


def sealed_by(server: Server) -> dict[Kid, int]:
    """How many credentials each key seals."""
    with server.installation.cmdb.reading() as view:
        rows = view.sealed()
    kids = [row.credential.kid for row in rows]
    return {kid: kids.count(kid) for kid in kids}


def stage(server: Server) -> RotationStage | None:
    """Where the open rotation stands."""
    rotation = server.services.recoverability.overview().rotation
    return rotation.stage if rotation else None


# --- the gate -------------------------------------------------------------------------------------


def test_the_first_step_makes_a_waiting_key_and_stops(filled: Server) -> None:
    old = filled.active()
    plan = filled.services.rotation.plan()
    assert (plan.creates, plan.activates, plan.kid, plan.gate_open) == (True, False, None, False)
    assert plan.to_reseal == 3
    filled.clock.advance(minutes=1)
    report = filled.rotate()
    assert (report.state, report.resealed, report.left) == (KeyState.PRE_ACTIVE, 0, ())
    assert set(report.due) == {DueReason.KEY_MISSING, DueReason.KEY_NEWER, DueReason.NO_GOOD_COPY}
    assert filled.active() == old
    assert stage(filled) is RotationStage.WAITING
    assert json.loads(filled.audit()[-1])["action"] == "key-created"


def test_while_it_waits_nothing_is_made_again(filled: Server) -> None:
    first = filled.rotate()
    plan = filled.services.rotation.plan()
    assert (plan.creates, plan.activates, plan.kid, plan.gate_open) == (False, True, first.kid, False)
    before = filled.everything()
    assert filled.rotate().kid == first.kid
    assert filled.everything() == before


def test_a_proven_backup_elsewhere_opens_the_gate(filled: Server) -> None:
    old = filled.active()
    new = filled.rotate().kid
    filled.back_up()
    plan = filled.services.rotation.plan()
    assert (plan.gate_open, plan.activates, plan.to_reseal) == (True, True, 3)
    report = filled.rotate()
    assert (report.kid, report.state, report.resealed, report.left) == (new, KeyState.ACTIVE, 3, ())
    assert report.due == ()
    assert filled.states() == {old: KeyState.DEACTIVATED, new: KeyState.ACTIVE}
    assert sealed_by(filled) == {new: 3}
    assert filled.secrets() == {f"run-as/deploy-{number}": f"secret {number}" for number in range(3)}
    assert filled.counts() == (3, 0, 0)
    actions = [json.loads(line)["action"] for line in filled.audit()]
    assert actions[-6:-3] == ["rotation-activated", "rotation-resealed", "rotation-finished"]


@pytest.mark.parametrize("how", ["here", "gone", "corrupted", "retired", "out of reach", "without the key"])
def test_a_backup_that_does_not_count_leaves_it_closed(filled: Server, how: str) -> None:
    if how != "without the key":
        filled.rotate()
    address = filled.back_up(filled.local if how == "here" else filled.vault).copy.address
    if how == "without the key":
        filled.rotate()
    elif how == "gone":
        filled.lose(address)
    elif how == "corrupted":
        filled.corrupt(address)
    elif how == "retired":
        filled.services.register.retire(filled.services.register.plan_retire(address), NOBODY)
    if how == "out of reach":
        with filled.cut_off(filled.vault):
            report = filled.rotate()
    else:
        report = filled.rotate()
    assert (report.state, report.resealed) == (KeyState.PRE_ACTIVE, 0)
    assert stage(filled) is RotationStage.WAITING


def test_skipping_the_gate_is_written_down_and_exposes(filled: Server) -> None:
    report = filled.rotate(without_backup=True)
    assert (report.state, report.resealed) == (KeyState.ACTIVE, 3)
    assert filled.counts() == (0, 3, 0)
    activated = [line for line in filled.audit() if '"rotation-activated"' in line]
    assert json.loads(activated[0])["details"] == {"backup": "skipped"}


def test_a_gate_that_was_skipped_is_shown_while_the_rotation_is_open(filled: Server) -> None:
    with pytest.raises(Cancelled):
        filled.rotate(without_backup=True, progress=Watching(stops_at=1))
    rotation = filled.services.recoverability.overview().rotation
    assert rotation is not None
    assert (rotation.stage, rotation.gate_skipped) == (RotationStage.RESEALING, True)
    plan = filled.services.rotation.plan()
    assert (plan.creates, plan.activates, plan.gate_open) == (False, False, False)


def test_what_is_left_waits_for_a_backup_of_the_key_too_unless_somebody_insists(filled: Server) -> None:
    with pytest.raises(Cancelled):
        filled.rotate(without_backup=True, progress=Watching(stops_at=1))
    assert filled.counts() == (3, 0, 0)
    plan, before = filled.services.rotation.plan(), filled.everything()
    assert (plan.waits, plan.to_reseal, plan.exposes) == (True, 3, 3)
    report = filled.rotate()
    assert (report.state, report.resealed, report.waits, report.exposes) == (KeyState.ACTIVE, 0, True, 3)
    assert filled.everything() == before
    filled.back_up()
    plan = filled.services.rotation.plan()
    assert (plan.waits, plan.exposes) == (False, 0)
    assert filled.rotate().resealed == 3
    assert filled.counts() == (3, 0, 0)


def test_what_is_left_goes_on_without_a_backup_where_somebody_insists(filled: Server) -> None:
    with pytest.raises(Cancelled):
        filled.rotate(without_backup=True, progress=Watching(stops_at=1))
    report = filled.rotate(without_backup=True)
    assert (report.resealed, report.waits, report.exposes) == (3, False, 0)
    assert filled.counts() == (0, 3, 0)


def test_a_rotation_with_nothing_left_to_re_seal_ends_without_a_backup(
    filled: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(RotationService, "_finish", _stopped)
        with pytest.raises(Cancelled):
            filled.rotate(without_backup=True)
    assert stage(filled) is RotationStage.RESEALING
    plan = filled.services.rotation.plan()
    assert (plan.waits, plan.to_reseal, plan.exposes) == (False, 0, 0)
    assert not filled.rotate().waits
    assert stage(filled) is None


def _stopped(*_: object) -> None:
    raise Cancelled


def test_an_open_gate_is_not_called_skipped(filled: Server) -> None:
    filled.rotate()
    filled.back_up()
    filled.rotate(without_backup=True)
    activated = [line for line in filled.audit() if '"rotation-activated"' in line]
    assert json.loads(activated[0])["details"] == {"backup": "proven"}


def test_a_server_without_credentials_rotates_too(server: Server) -> None:
    report = server.rotate(without_backup=True)
    assert (report.state, report.resealed) == (KeyState.ACTIVE, 0)
    assert stage(server) is None


# --- between the steps ----------------------------------------------------------------------------


def test_what_is_added_while_it_waits_is_sealed_by_the_old_key_and_resealed_with_the_rest(
    filled: Server,
) -> None:
    old = filled.active()
    filled.rotate()
    added = filled.add("later", "late secret")
    assert added.kid == old
    filled.back_up()
    assert filled.rotate().resealed == 4
    assert filled.secrets()["run-as/later"] == "late secret"


def test_what_is_added_while_others_are_resealed_is_sealed_by_the_new_key(
    filled: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.services.keys.rotation.BATCH", 1)
    filled.rotate()
    filled.back_up()
    with pytest.raises(Cancelled):
        filled.rotate(progress=Watching(stops_at=2))
    added = filled.add("later", "late secret")
    assert added.kid == filled.active()
    edited = filled.services.credentials.show("run-as/deploy-0")
    filled.services.credentials.edit(edited, run_as("deploy-0", target="other-*"), None, NOBODY)
    filled.rotate()
    assert sealed_by(filled) == {filled.active(): 4}
    assert filled.secrets()["run-as/later"] == "late secret"


def test_it_goes_on_after_every_batch_at_which_it_was_stopped(
    filled: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.services.keys.rotation.BATCH", 1)
    filled.rotate()
    filled.back_up()
    resealed = []
    for _ in range(3):
        with pytest.raises(Cancelled):
            filled.rotate(progress=Watching(stops_at=2))
        resealed.append(sealed_by(filled).get(filled.active(), 0))
        assert len(filled.secrets()) == 3
    assert resealed == [1, 2, 3]
    assert filled.rotate().resealed == 0
    assert stage(filled) is None


def test_its_progress_counts_every_credential_it_looks_at(filled: Server) -> None:
    filled.rotate()
    filled.back_up()
    watching = Watching()
    filled.rotate(progress=watching)
    assert watching.totals[Stage.RESEALING] == watching.advanced[Stage.RESEALING] == 3


def test_a_key_that_was_made_and_that_no_change_named_is_not_used() -> None:
    site, rehearsal = MemorySite(), Life()
    other, left = site.server(), site.server()
    other.set_up()
    other.with_life(rehearsal).rotate()
    left.set_up()
    with pytest.raises(Killed):
        left.with_life(Life(rehearsal.calls.index("key_store.unlock.add") + 2)).rotate()
    left.restarted()
    (lost,) = {key.kid for key in left.key_store.keys()} - left.states().keys()
    assert stage(left) is None
    assert left.services.rotation.plan().creates
    assert left.rotate().kid != lost
    assert (len(left.keys()), len(left.key_store.keys())) == (2, 3), "keys are never destroyed"
    assert stage(left) is RotationStage.WAITING


# --- what does not open ---------------------------------------------------------------------------


def test_a_credential_that_does_not_open_stays_as_it_is_and_is_named(filled: Server) -> None:
    old = filled.active()
    moved = filled.services.credentials.show("run-as/deploy-1")
    filled.forge_credential(moved.credential_id, target="elsewhere-*")
    report = filled.rotate(without_backup=True)
    assert report.resealed == 2
    [left] = report.left
    assert (left.credential.reference, left.failure) == ("run-as/deploy-1", FailureReason.TAMPERED)
    assert sealed_by(filled) == {filled.active(): 2, old: 1}
    assert stage(filled) is None
    assert filled.services.recoverability.overview().put_back == (old,)
    filled.forge_credential(moved.credential_id, target=moved.fields.target)
    assert filled.secrets()["run-as/deploy-1"] == "secret 1"


def test_credentials_of_a_lost_key_are_left_and_named(server: Server, site: Site) -> None:
    server.add("lost")
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    fresh.add("kept")
    watching = Watching()
    plan = fresh.services.rotation.plan()
    assert plan.to_reseal == 1
    report = fresh.rotate(without_backup=True, progress=watching)
    assert report.resealed == 1
    [left] = report.left
    assert (left.credential.reference, left.failure) == ("run-as/lost", FailureReason.KEY_MISSING)
    assert watching.advanced[Stage.RESEALING] == 2
    assert fresh.counts() == (0, 1, 1)
    assert fresh.services.recoverability.overview().put_back == ()


def test_a_row_that_was_put_back_is_reported(filled: Server) -> None:
    old = filled.active()
    with filled.installation.cmdb.reading() as view:
        [row, *_] = view.sealed()
    filled.rotate(without_backup=True)
    assert filled.services.recoverability.overview().put_back == ()
    event = filled.installation.event(Action.CREDENTIAL_EDITED, "an older copy of a row")
    with filled.installation.cmdb.changing(event) as change:
        change.replace([row])
    overview = filled.services.recoverability.overview()
    assert (overview.put_back, overview.arrived) == ((old,), ())
    filled.accept()
    filled.rotate(without_backup=True)
    assert filled.services.recoverability.overview().put_back == ()


def test_a_key_is_not_used_beyond_its_last_seal_and_the_rotation_stays_open(memory: MemoryServer) -> None:
    memory.add("one")
    memory.add("two")
    new = memory.rotate().kid
    memory.cmdb.state.seals[new] = SEALS_LIMIT - 1
    memory.accept()
    with pytest.raises(KeyUsedUp):
        memory.rotate(without_backup=True)
    assert len(memory.secrets()) == 2
    assert stage(memory) is RotationStage.RESEALING


# --- plans and people -----------------------------------------------------------------------------


def test_a_plan_is_outdated_once_somebody_else_rotated(filled: Server) -> None:
    plan = filled.services.rotation.plan()
    filled.rotate()
    with pytest.raises(PlanOutdated):
        filled.services.rotation.execute(plan, NOBODY)
    assert len(filled.keys()) == 2


def test_planning_changes_nothing(filled: Server) -> None:
    before = filled.everything()
    filled.services.rotation.plan()
    assert filled.everything() == before


def test_somebody_else_at_work_is_named(filled: Server) -> None:
    with filled.installation.lock.hold("making a backup"), pytest.raises(Locked):
        filled.rotate()
    assert len(filled.keys()) == 1


def test_the_passphrase_is_asked_for_once_and_before_the_lock_is_taken(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    free = []

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free.append(server.lock_is_free())
        return SecretBytes.from_text(PASSPHRASE)

    server.services.rotation.execute(server.services.rotation.plan(), provider, without_backup=True)
    assert free == [True]


def test_many_rotations_keep_every_key_and_every_secret(server: Server) -> None:
    server.add("one", "the secret")
    for _ in range(4):
        server.clock.advance(days=365)
        server.rotate()
        server.back_up()
        server.rotate()
    assert len(server.keys()) == 5
    assert server.secrets() == {"run-as/one": "the secret"}
    assert server.counts() == (1, 0, 0)


def test_a_record_that_somebody_pushed_on_opens_no_gate(memory: MemoryServer) -> None:
    """Who can write to the database may not have a key made active that no backup holds."""
    memory.add("one")
    waiting = memory.rotate().kid
    rotation = memory.services.recoverability.overview().rotation
    assert rotation is not None
    pushed = rotation._replace(stage=RotationStage.RESEALING)
    with memory.cmdb.changing(memory.installation.event(Action.MIGRATED, "by hand")) as change:
        change.set_rotation(pushed)
    memory.accept()
    plan = memory.services.rotation.plan()
    assert not plan.gate_open
    report = memory.rotate()
    assert (report.kid, report.state, report.resealed) == (waiting, KeyState.PRE_ACTIVE, 0)
    memory.back_up()
    assert memory.rotate().state is KeyState.ACTIVE
    assert memory.counts() == (1, 0, 0)
    assert any('"rotation-activated"' in line for line in memory.audit())

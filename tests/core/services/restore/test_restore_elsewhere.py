"""A disk, or a copy of it, in another machine: its keys are bound to a TPM that is not there, and a
restore puts those of a backup in their place."""

import json

import pytest

from nskeys.errors import (
    AlreadySetUp,
    BackupForeign,
    KeyStoreElsewhere,
    KeyStoreUnreached,
    PlanOutdated,
    ProtectorUnavailable,
)
from nskeys.model.keys import KeyState
from nskeys.model.plans import HomeState, RestorePlan
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.commands_on_path import CommandsOnPath
from tests.fakes.fixed import Answers
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site
from tests.fakes.tpm import Board


@pytest.fixture
def bound(site: Site, board: Board) -> Server:
    """A server whose keys the board's TPM holds; one credential is in a backup, one is not."""
    server = site.server()
    server.set_up(board.uri)
    server.add("one", "first secret")
    return server


def plan_of(server: Server, address: str) -> RestorePlan:
    source = find_source(server.installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(server.installation, source, answers, SilentProgress()) as open_source:
        return server.services.restore.plan(open_source)


def test_in_another_machine_nothing_opens_and_everything_can_be_looked_at(
    bound: Server, board: Board
) -> None:
    bound.back_up()
    board.exchange()
    for use in (
        lambda: bound.services.verify.execute(NOBODY),
        lambda: bound.services.credentials.reveal(bound.services.credentials.show("run-as/one"), NOBODY),
        lambda: bound.protect_anew(),
        lambda: bound.add("two", "secret"),
    ):
        with pytest.raises(KeyStoreElsewhere):
            use()
    asked = board.clients
    assert bound.counts() == (1, 0, 0)
    assert bound.services.protection.show().protector == "tpm2"
    assert bound.keys()
    assert bound.services.audit.entries()
    assert bound.services.register.copies()
    assert board.clients == asked


def test_a_closer_look_says_whose_keys_these_are(bound: Server, board: Board) -> None:
    set_up = bound.services.set_up
    assert set_up.look_closely() == set_up.look()
    assert set_up.look().state is HomeState.READY
    old_board = board.exchange()
    assert set_up.look_closely().state is HomeState.ELSEWHERE
    assert set_up.look().state is HomeState.READY, "which asks no TPM"
    board.put_back(old_board)
    board.lock_out()
    assert set_up.look_closely().state is HomeState.READY, "nothing speaks against it yet"


def test_the_plan_says_whose_place_the_keys_take(bound: Server, board: Board) -> None:
    address = bound.back_up().copy.address
    assert not plan_of(bound, address).elsewhere
    before = bound.everything()
    board.exchange()
    plan = plan_of(bound, address)
    assert (plan.elsewhere, plan.sets_up) == (True, True)
    assert (plan.opens_before, plan.opens_after, plan.total) == (0, 1, 1)
    assert len(plan.added) == 1
    assert bound.everything() == before


@pytest.mark.parametrize("protector", ["file", "passphrase", "tpm2"])
def test_a_restore_binds_the_keys_to_the_new_machine(bound: Server, board: Board, protector: str) -> None:
    report = bound.back_up()
    before = bound.services.protection.show()
    public = bound.installation.server_public()
    board.exchange()
    restored = bound.restore(report.copy.address, protector=board.uri if protector == "tpm2" else protector)
    assert restored.added == report.kids
    assert (restored.proof.opened, restored.proof.failed) == (1, 0)
    assert restored.rotation_advised
    after = bound.services.protection.show()
    assert after.protector == protector
    assert after.store_id != before.store_id
    assert bound.installation.server_public() != public, "the server key stayed with the other machine"
    assert bound.states() == {report.kids[0]: KeyState.ACTIVE}
    known = Answers({Purpose.PASSPHRASE: [PASSPHRASE]})
    assert bound.services.verify.execute(known).opened == 1
    assert bound.services.audit.verify().whole


def test_what_is_in_no_backup_does_not_come_back_and_is_named(bound: Server, board: Board) -> None:
    address = bound.back_up().copy.address
    bound.rotate(without_backup=True)
    bound.add("two", "second secret")
    board.exchange()
    restored = bound.restore(address)
    assert [item.credential.reference for item in restored.proof.failures] == ["run-as/one", "run-as/two"]
    assert bound.counts()[2] == 2


def test_a_backup_that_lacks_keys_needs_a_plain_yes_and_costs_none(bound: Server, board: Board) -> None:
    """The disk was moved, and only an old backup is at hand: the newer key stays where it was."""
    address = bound.back_up().copy.address
    old = bound.active()
    bound.rotate(without_backup=True)
    newer = bound.active()
    public = bound.installation.server_public()
    board.exchange()
    plan = plan_of(bound, address)
    assert (plan.stranded, plan.foreign) == ((newer,), ("not_vouched", "lacks_keys"))
    before = bound.everything()
    with pytest.raises(BackupForeign) as refused:
        bound.restore(address, confirmed=False)
    assert refused.value.reasons == ("not_vouched", "lacks_keys")
    assert bound.everything() == before
    generation = bound.installation.key_store.info().generation
    restored = bound.restore(address)
    assert (restored.stranded, restored.kept_generation) == ((newer,), generation)
    assert bound.states() == {old: KeyState.ACTIVE}
    assert bound.installation.server_public() != public
    assert '"foreign":"not_vouched lacks_keys"' in "".join(bound.audit())


def test_a_key_that_was_retired_since_the_backup_does_not_seal_again(bound: Server, board: Board) -> None:
    bound.back_up()
    old = bound.active()
    bound.rotate()
    address = bound.back_up().copy.address  # the rotation's gate: the new key waits in it
    bound.rotate()
    new = bound.active()
    assert bound.states() == {old: KeyState.DEACTIVATED, new: KeyState.ACTIVE}
    board.exchange()
    assert plan_of(bound, address).stranded == ()
    restored = bound.restore(address)
    assert (restored.stranded, restored.kept_generation) == ((), 0)
    assert bound.states() == {old: KeyState.DEACTIVATED, new: KeyState.ACTIVE}


def test_a_machine_whose_keys_open_never_loses_them_to_an_old_plan(bound: Server, board: Board) -> None:
    """The board was put back between the plan and the restore."""
    address = bound.back_up().copy.address
    old_board = board.exchange()
    installation = bound.installation
    source = find_source(installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(installation, source, answers, SilentProgress()) as open_source:
        plan = bound.services.restore.plan(open_source)
        board.put_back(old_board)
        before = installation.key_store.info()
        with pytest.raises((AlreadySetUp, PlanOutdated)):
            bound.services.restore.execute(
                plan,
                open_source,
                NOBODY,
                RestoreChoices(bound.settings(), "file", plan.facts.server_key),
            )
    assert installation.key_store.info() == before
    assert bound.secrets() == {"run-as/one": "first secret"}


def test_a_tpm_that_only_fails_for_now_costs_nothing(bound: Server, board: Board) -> None:
    address = bound.back_up().copy.address
    before = bound.everything()
    board.lock_out()
    with pytest.raises(ProtectorUnavailable) as refused:
        bound.restore(address)
    assert refused.value.reason == "locked_out"
    assert bound.everything() == before


def test_a_strangers_backup_still_needs_a_plain_yes(bound: Server, board: Board, site: Site) -> None:
    stranger = site.server()
    stranger.set_up()
    stranger.add("theirs", "their secret")
    address = stranger.back_up().copy.address
    board.exchange()
    before = bound.everything()
    with pytest.raises(BackupForeign):
        bound.restore(address, confirmed=False)
    assert bound.everything() == before
    bound.restore(address)
    assert bound.services.audit.verify().broken_at is None


def test_the_trail_says_that_it_was_restored_and_proven(bound: Server, board: Board) -> None:
    address = bound.back_up().copy.address
    board.exchange()
    lines = len(bound.audit())
    bound.restore(address)
    assert [json.loads(line)["action"] for line in bound.audit()[lines:]] == ["restored", "drilled"]


# --- hardware without a TPM, or with one that is only away ------------------------------------------


def without_tpm(on_path: CommandsOnPath) -> None:
    """A machine whose TPM, library or tools are not there: the tool says so, as it does."""
    on_path.add("systemd-creds", "echo 'TPM2 support is not installed.' >&2; exit 1")


def test_a_tpm_that_cannot_be_asked_is_neither_here_nor_another_machines(
    bound: Server, on_path: CommandsOnPath
) -> None:
    without_tpm(on_path)
    status = bound.services.set_up.look_closely()
    assert (status.state, status.unreached) == (HomeState.UNREACHED, "library_missing")
    with pytest.raises(KeyStoreUnreached):
        bound.services.verify.execute(NOBODY)


def test_nobody_replaces_those_keys_without_saying_that_this_is_another_machine(
    bound: Server, on_path: CommandsOnPath
) -> None:
    address = bound.back_up().copy.address
    without_tpm(on_path)
    before = bound.everything()
    plan = plan_of(bound, address)
    assert (plan.elsewhere, plan.unreached, plan.sets_up) == (False, "library_missing", True)
    assert plan.questions == ("not_vouched", "unreached")
    with pytest.raises(BackupForeign):
        bound.restore(address, confirmed=False)
    with pytest.raises(KeyStoreUnreached):
        bound.restore(address)
    assert bound.everything() == before


def test_whoever_says_so_gets_the_keys_of_the_backup_in_place(
    bound: Server, on_path: CommandsOnPath
) -> None:
    address = bound.back_up().copy.address
    states = bound.states()
    without_tpm(on_path)
    restored = bound.restore(address, other_machine=True)
    assert (restored.proof.opened, restored.proof.failed) == (1, 0)
    assert bound.services.protection.show().protector == "file"
    assert bound.states() == states
    assert bound.services.audit.verify().whole
    assert bound.services.set_up.look_closely().state is HomeState.READY


def test_what_the_backup_lacks_stays_bound_to_the_tpm_that_was_away(
    bound: Server, on_path: CommandsOnPath
) -> None:
    address = bound.back_up().copy.address
    bound.rotate(without_backup=True)
    newer = bound.active()
    without_tpm(on_path)
    restored = bound.restore(address, other_machine=True)
    assert restored.stranded == (newer,)
    assert restored.kept_generation


def test_a_tpm_that_is_back_before_the_work_began_keeps_its_keys(
    bound: Server, on_path: CommandsOnPath
) -> None:
    address = bound.back_up().copy.address
    without_tpm(on_path)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    source = find_source(bound.installation, address)
    with opened(bound.installation, source, answers, SilentProgress()) as found:
        plan = bound.services.restore.plan(found)
        on_path.remove("systemd-creds")
        before = bound.everything()
        with pytest.raises(PlanOutdated):
            bound.services.restore.execute(
                plan,
                found,
                answers,
                RestoreChoices(bound.settings(), "file", plan.facts.server_key, other_machine=True),
            )
        assert bound.everything() == before
    assert bound.services.verify.execute(NOBODY).opened == 1


def test_the_trail_names_a_protector_and_no_device(site: Site, board: Board) -> None:
    server = site.server()
    assert server.set_up(board.uri).protector == "tpm2"
    assert json.loads(server.audit()[-1])["details"]["protector"] == "tpm2"
    server.protect_anew()
    server.protect_anew(board.uri)
    assert json.loads(server.audit()[-1])["details"] == {"before": "file", "after": "tpm2"}
    assert server.services.protection.show().protector == "tpm2"

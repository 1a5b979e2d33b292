"""Backups, drills and checks are recorded also beside what does not fit, and never sign it away."""

from collections.abc import Callable

import pytest

from nskeys.errors import ChangeWaits, RecoveryDamaged
from nskeys.model.audit import next_digest
from nskeys.model.checkpoint import Checkpoint
from nskeys.model.home_checkpoint import HomeCheckpoint
from nskeys.model.keys import KeyState
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint.looking import compare
from nskeys.services.one_change import gone_on
from nskeys.services.settling import home_of
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.servers import NOBODY


def write(server: MemoryServer, change: Callable[[State], object]) -> None:
    """Somebody writes to the database."""
    state = server.cmdb.state.copy()
    change(state)
    server.cmdb.state = state


def home(server: MemoryServer) -> HomeCheckpoint:
    found = home_of(server.installation)
    assert found is not None
    return found


def checkpoint(server: MemoryServer) -> Checkpoint:
    return home(server).checkpoint


def kinds(server: MemoryServer) -> list[MismatchKind]:
    return [one.what for one in compare(server.installation, patience=0).mismatches]


@pytest.fixture
def full() -> MemoryServer:
    """A server with a credential, a drilled backup and a key that waits."""
    server = MemorySite().server()
    server.set_up()
    server.add("one")
    server.drill(server.back_up().copy.address)
    server.rotate()
    return server


GO_ON: dict[str, Callable[[MemoryServer], object]] = {
    "back up": lambda server: server.back_up(),
    "check": lambda server: server.services.register.check(NOBODY),
    "drill": lambda server: server.drill(server.back_up().copy.address),
    "retire": lambda server: server.services.register.retire(
        server.services.register.plan_retire(server.back_up(server.local).copy.address), NOBODY
    ),
}


@pytest.mark.parametrize("act", GO_ON)
def test_a_line_that_was_cut_is_never_signed_away(full: MemoryServer, act: str) -> None:
    signed = checkpoint(full).audit
    write(full, lambda state: state.audit.pop())
    GO_ON[act](full)
    after = checkpoint(full)
    assert [one.what for one in after.unexplained] == ["audit"]
    assert after.audit.count > signed.count
    assert kinds(full) == [MismatchKind.AUDIT]
    assert not full.services.audit.verify().whole
    with pytest.raises(ChangeWaits):
        full.add("two")
    since = after.unexplained[0].since
    full.clock.advance(days=3)
    GO_ON["check"](full)
    assert checkpoint(full).unexplained[0].since == since
    full.accept()
    assert (checkpoint(full).unexplained, kinds(full)) == ((), [])
    full.add("two")


def test_the_chain_goes_on_from_the_signed_head_and_a_line_behind_it_becomes_a_note(
    full: MemoryServer,
) -> None:
    signed = checkpoint(full).audit
    forged = '{"action":"credential-removed"}'

    def append(state: State) -> None:
        head = state.audit[-1]
        digest = next_digest(head.digest, forged)
        state.audit.append(type(head)(head.number + 1, forged, digest))

    write(full, append)
    full.services.register.check(NOBODY)
    lines = full.cmdb.state.audit
    assert lines[signed.count - 1].digest == signed.digest
    assert lines[signed.count].digest == next_digest(signed.digest, lines[signed.count].line)
    assert forged not in [entry.line for entry in lines]
    assert forged in full.cmdb.state.notes
    assert full.services.audit.verify().broken_at is None
    assert kinds(full) == [MismatchKind.AUDIT], "it stays until a person accepts it"


def test_a_register_that_was_emptied_stays_expected_while_new_copies_are_recorded(
    full: MemoryServer,
) -> None:
    before = home(full).register
    write(full, lambda state: state.register.clear())
    full.back_up()
    after = home(full).register
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2, "a key backup and a database copy"
    assert kinds(full) == [MismatchKind.REGISTER]


def test_a_row_that_somebody_put_there_is_in_no_list(full: MemoryServer) -> None:
    expected = len(home(full).register)
    (key, row), *_ = full.cmdb.state.register.items()
    write(full, lambda state: state.register.update({("f" * 64, key[1]): row}))
    full.back_up()
    assert len(home(full).register) == expected + 1
    assert len(full.cmdb.state.register) == expected + 2
    assert kinds(full) == [MismatchKind.REGISTER]


def test_states_counts_and_rotation_are_carried_on_as_the_home_has_them(full: MemoryServer) -> None:
    before = checkpoint(full)

    def forge(state: State) -> None:
        for kid, key in state.keys.items():
            state.keys[kid] = key.in_state(KeyState.COMPROMISED, key.created)
        state.rotations.clear()

    write(full, forge)
    full.back_up()
    after = checkpoint(full)
    assert (after.keys, after.rotation, after.recovery) == (before.keys, before.rotation, before.recovery)
    assert set(kinds(full)) == {MismatchKind.KEYS, MismatchKind.ROTATION}


def test_what_was_put_back_as_it_was_still_wants_a_person_once_a_change_went_on_beside_it(
    full: MemoryServer,
) -> None:
    honest = dict(full.cmdb.state.register)
    write(full, lambda state: state.register.clear())
    full.services.register.check(NOBODY)
    write(full, lambda state: state.register.update(honest))
    assert kinds(full) == [MismatchKind.REGISTER]
    full.accept()
    assert kinds(full) == []


def test_beside_an_older_database_the_numbers_go_on_from_the_home(full: MemoryServer) -> None:
    older = full.cmdb.state.copy()
    full.add("two")
    last, signed = checkpoint(full), home(full).signed
    full.cmdb.state = older
    full.services.register.check(NOBODY)
    after = checkpoint(full)
    assert after.number == last.number + 1
    assert after.previous == signed.sha256
    assert "went_back" in [one.what for one in after.unexplained]
    assert MismatchKind.WENT_BACK in kinds(full)
    with pytest.raises(ChangeWaits):
        full.add("three")


STOPS: dict[MismatchKind, Callable[[MemoryServer], None]] = {
    MismatchKind.HOME_MISSING: lambda server: setattr(server.checkpoint, "kept", None),
    MismatchKind.HOME_CHANGED: lambda server: setattr(server.checkpoint, "kept", b"{}"),
}


@pytest.mark.parametrize("kind", STOPS)
def test_without_a_checkpoint_to_go_on_from_nothing_goes_on(full: MemoryServer, kind: MismatchKind) -> None:
    STOPS[kind](full)
    before = full.everything()
    with pytest.raises(ChangeWaits) as waits:
        full.back_up()
    assert [one.what for one in waits.value.mismatches] == [kind]
    assert full.everything() == before


def test_while_another_server_has_the_database_nothing_goes_on(full: MemoryServer) -> None:
    other = MemorySite().server()
    other.cmdb.create(full.cmdb.cmdb_id())
    other.cmdb.state = full.cmdb.state.copy()
    other.services.set_up.execute("file", NOBODY, other.settings(), 1)
    full.cmdb.state = other.cmdb.state
    with pytest.raises(ChangeWaits) as waits:
        full.services.register.check(NOBODY)
    assert waits.value.mismatches[0].what is MismatchKind.OTHER_SERVER


def test_nothing_is_encrypted_to_a_record_that_the_checkpoint_does_not_name(full: MemoryServer) -> None:
    """An older record, with its own good signature: the identity that was replaced."""
    full.make_identity()
    replaced = full.cmdb.state.recovery
    files = dict(full.identity_files.files)
    full.make_identity("another one for us")
    full.identity_files.files.update(files)
    write(full, lambda state: setattr(state, "recovery", replaced))
    before = full.everything()
    with pytest.raises(RecoveryDamaged) as damaged:
        full.back_up_to()
    assert damaged.value.problem == "not_the_last"
    assert full.everything() == before


def test_nothing_is_pruned_and_no_key_is_made_beside_what_does_not_fit(full: MemoryServer) -> None:
    write(full, lambda state: state.drills.clear())
    with pytest.raises(ChangeWaits):
        full.rotate(without_backup=True)
    with pytest.raises(ChangeWaits):
        full.services.pruning.execute(full.services.pruning.plan(), NOBODY)


@pytest.mark.parametrize(
    ("known", "before", "after", "then"),
    [
        ("ab", "ab", "abc", "abc"),
        ("ab", "ab", "aB", "aB"),
        ("ab", "b", "bc", "abc"),
        ("ab", "abx", "abxc", "abc"),
        ("ab", "axb", "aXb", "ab"),
        ("", "xy", "xyz", "z"),
        ("ab", "", "c", "abc"),
    ],
)
def test_a_list_goes_on_by_what_was_written_here(known: str, before: str, after: str, then: str) -> None:
    assert gone_on(tuple(known), tuple(before), tuple(after)) == tuple(then)

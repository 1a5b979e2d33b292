"""A change in its ten steps: killed at each, ended by an error at the commit, never beside a mismatch."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.crypto.signing import sign
from nskeys.errors import AlreadySetUp, ChangeWaits, CmdbUnreachable, NskeysError, PlanOutdated
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.ports import Cmdb, CmdbChange, RecoveryRow
from nskeys.reasons import MismatchKind, Operation, Problem
from nskeys.services.settling import home_of, mismatches, next_of
from tests.fakes.dying import Killed, Life
from tests.fakes.keys import wrap_anew
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.postgres import postgres_url
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, Server, protector_named

# --- killed at each step -------------------------------------------------------------------------------


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[RealServer]:
    """A server whose CMDB is in a file or on a PostgreSQL server, with one credential."""
    folder.mkdir()
    site = RealSite(folder)
    if kind == "sqlite":
        yield set_up(site.server())
    else:
        with postgres_url() as url:
            server = set_up(site.server(url))
            yield server
            server.services.close()


def set_up(server: RealServer) -> RealServer:
    server.set_up()
    server.add("one", "its secret")
    return server


def whole(server: Server) -> None:
    """Home and CMDB agree, and the trail is whole."""
    installation = server.installation
    with installation.cmdb.reading() as view:
        assert mismatches(installation, view, home_of(installation)) == ()
    assert next_of(installation) is None
    assert server.services.audit.verify().whole


ACTS: dict[str, Callable[[Server], object]] = {
    "add": lambda server: server.add("two", "another"),
    "protect anew": lambda server: server.protect_anew(),
    "make a key that waits": lambda server: server.rotate(),
    "make an identity": lambda server: server.make_identity(),
}


def outcome(name: str, server: Server) -> object:
    """What is different after the act."""
    installation = server.installation
    with installation.cmdb.reading() as view:
        looks: dict[str, object] = {
            "add": len(view.sealed()),
            "protect anew": installation.key_store.info().store_id,
            "make a key that waits": (len(view.keys()), view.rotation() is None),
            "make an identity": view.recovery_row(),
        }
    return looks[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_at_any_step_it_is_done_or_not_done_and_the_next_change_goes_on(
    kind: str, name: str, tmp_path: Path
) -> None:
    done: list[bool] = []
    numbers = iter(range(1_000))

    def die(life: Life) -> bool:
        """Whether it lived; what is left is judged at once, for the database is gone afterwards."""
        with fresh(kind, tmp_path / str(next(numbers))) as server:
            before, lines = outcome(name, server), len(server.audit())
            try:
                ACTS[name](server.with_life(life))
            except Killed:
                lived = False
            else:
                lived = True
            server.restarted()
            told = len(server.audit()) - lines
            server.add("after", "and on it goes")
            assert told in (0, 1)
            assert (outcome(name, server) != before) is (told == 1 or name == "add")
            assert server.secrets().items() >= {"run-as/one": "its secret"}.items()
            whole(server)
            done.append(told == 1)
            return lived

    number = 0
    while not die(Life(number := number + 1)):
        assert number < 500, "a rotation alone looks some hundred times"
    assert not done[0]
    assert done[-2], "killed right before the end it is done"
    assert sorted(done) == done, "once it is committed it stays so"


def test_a_set_up_that_was_killed_after_its_commit_is_finished_by_whoever_comes_next() -> None:
    rehearsal = Life()
    MemorySite().server().with_life(rehearsal).set_up()
    server = MemorySite().server()
    with pytest.raises(Killed):
        server.with_life(Life(rehearsal.calls.index("key_store.publish") + 1)).set_up()
    with pytest.raises(AlreadySetUp):
        server.restarted().set_up()
    server.add("one", "its secret")
    assert server.secrets() == {"run-as/one": "its secret"}
    whole(server)


# --- the commit ends otherwise than well ---------------------------------------------------------------


class Ending:
    """A CMDB whose next commit is made or not, and ends with an error; `silent` then answers nothing."""

    def __init__(self, cmdb: Cmdb, *, commits: bool, error: BaseException) -> None:
        self._cmdb = cmdb
        self._commits = commits
        self._error = error
        self.silent = False
        self.broken = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._cmdb, name)

    @contextmanager
    def changing(self, *given: object, **named: object) -> Iterator[CmdbChange]:
        if self.broken:
            with self._cmdb.changing(*given, **named) as change:  # type: ignore[arg-type]  # passed on
                yield change
            return
        self.broken = True
        if self._commits:
            with self._cmdb.changing(*given, **named) as change:  # type: ignore[arg-type]  # passed on
                yield change
        else:
            with suppress(KeyError), self._cmdb.changing(*given, **named) as change:  # type: ignore[arg-type]
                yield change
                raise KeyError
        raise self._error

    @contextmanager
    def alone(self) -> Iterator[object]:
        if self.broken and self.silent:
            raise CmdbUnreachable("", Problem.NO_CONNECTION)
        with self._cmdb.alone() as view:
            yield view


LOST = CmdbUnreachable("", Problem.OUTCOME_UNKNOWN)


def ending(server: Server, *, commits: bool, error: BaseException = LOST) -> Ending:
    """The server, whose next commit ends like this."""
    cmdb = Ending(server.installation.cmdb, commits=commits, error=error)
    server.installation = replace(server.installation, cmdb=cmdb)  # type: ignore[arg-type]  # as the real one
    server.services = Services(server.installation)
    return cmdb


def test_a_commit_that_was_made_is_reported_as_done_whatever_it_said(server: Server) -> None:
    ending(server, commits=True)
    server.add("two", "another")
    assert server.secrets() == {"run-as/two": "another"}
    whole(server)


def test_a_commit_that_was_not_made_is_reported_as_its_error(server: Server) -> None:
    before = server.everything()
    ending(server, commits=False)
    with pytest.raises(CmdbUnreachable):
        server.add("two")
    assert server.everything() == before
    whole(server)
    server.add("two")


@pytest.mark.parametrize("commits", [True, False])
def test_where_nobody_can_tell_nothing_is_removed_and_the_next_change_finds_out(
    server: Server, commits: bool
) -> None:
    cmdb = ending(server, commits=commits)
    cmdb.silent = True
    with pytest.raises(CmdbUnreachable) as told:
        server.services.protection.change("file", NOBODY, NOBODY, without_backup=True)
    assert told.value.problem == "outcome_unknown"
    assert next_of(server.installation) is not None
    cmdb.silent = False
    before = server.installation.key_store.info().generation
    server.add("two", "another")
    assert server.installation.key_store.info().generation == before + commits
    assert server.secrets() == {"run-as/two": "another"}
    whole(server)


def test_a_signal_at_the_commit_ends_the_process_and_keeps_what_was_made(server: Server) -> None:
    ending(server, commits=True, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        server.add("two", "another")
    assert server.secrets() == {"run-as/two": "another"}
    whole(server)


def test_a_generation_whose_change_failed_leaves_no_kek_behind(server: Server) -> None:
    before = server.installation.key_store.info()
    ending(server, commits=False)
    with pytest.raises(NskeysError):
        server.protect_anew()
    assert server.installation.key_store.info() == before
    assert server.installation.key_store.leftovers() == ()


def test_keys_that_were_wrapped_anew_meanwhile_want_another_look(memory: MemoryServer) -> None:
    from nskeys.services.transaction import changes_with

    with memory.installation.key_store.unlock(NOBODY) as keys:
        memory.protect_anew()
        with (
            pytest.raises(PlanOutdated) as outdated,
            changes_with(memory.installation, keys, "testing"),
        ):
            pytest.fail("it began")
    assert outdated.value.what is Operation.KEY_STORE


# --- beside a mismatch nothing is signed ---------------------------------------------------------------

Tamper = Callable[[MemoryServer], None]


def _state(change: Callable[[State], object]) -> Tamper:
    """Somebody writes to the database."""

    def tamper(server: MemoryServer) -> None:
        state = server.cmdb.state.copy()
        change(state)
        server.cmdb.state = state

    return tamper


def _other_checkpoint(server: MemoryServer) -> None:
    assert server.cmdb.state.checkpoint is not None
    text = server.cmdb.state.checkpoint.text
    _state(lambda state: setattr(state, "checkpoint", SignedCheckpoint(text, bytes(64))))(server)


def _stranger(server: MemoryServer) -> None:
    other = MemorySite().server()
    other.set_up()
    _state(lambda state: setattr(state, "checkpoint", other.cmdb.state.checkpoint))(server)


def _ahead(server: MemoryServer) -> None:
    """A copy of this machine made a change of its own."""
    assert server.cmdb.state.checkpoint is not None
    before = server.cmdb.state.checkpoint
    number = home_of(server.installation)
    assert number is not None
    text = before.text.replace(f'"number":{number.checkpoint.number},', '"number":900,')
    with server.installation.key_store.unlock(NOBODY) as keys:
        signature = sign(keys.server_key(), "checkpoint", text.encode())
    _state(lambda state: setattr(state, "checkpoint", SignedCheckpoint(text, signature)))(server)


def _older_store(server: MemoryServer) -> None:
    wrap_anew(server.key_store, protector_named("file"), NOBODY, NOBODY)


TAMPERINGS: dict[MismatchKind, Tamper] = {
    MismatchKind.HOME_MISSING: lambda server: setattr(server.checkpoint, "kept", None),
    MismatchKind.HOME_CHANGED: lambda server: setattr(
        server.checkpoint, "kept", (server.checkpoint.kept or b"").replace(b"active", b"pre-active")
    ),
    MismatchKind.CMDB_MISSING: _state(lambda state: setattr(state, "checkpoint", None)),
    MismatchKind.CMDB_CHANGED: _other_checkpoint,
    MismatchKind.OTHER_SERVER: _stranger,
    MismatchKind.WENT_ON: _ahead,
    MismatchKind.STORE: _older_store,
    MismatchKind.KEYS: _state(lambda state: state.seals.update(dict.fromkeys(state.seals, 7))),
    MismatchKind.REGISTER: _state(lambda state: state.register.clear()),
    MismatchKind.DIARY: _state(lambda state: state.drills.clear()),
    MismatchKind.AUDIT: _state(lambda state: state.audit.pop()),
    MismatchKind.ROTATION: _state(lambda state: state.rotations.clear()),
    MismatchKind.RECOVERY: _state(lambda state: setattr(state, "recovery", RecoveryRow("{}", b""))),
}


@pytest.fixture
def full() -> MemoryServer:
    """A server with one of everything."""
    server = MemorySite().server()
    server.set_up()
    server.add("one")
    server.drill(server.back_up().copy.address)
    server.make_identity()
    server.rotate()
    return server


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_what_does_not_fit_is_named_and_every_change_waits(full: MemoryServer, kind: MismatchKind) -> None:
    TAMPERINGS[kind](full)
    one = full.services.credentials.show("run-as/one")
    before, kept = full.everything(), full.checkpoint.kept
    reveal = partial(full.services.credentials.reveal, one, NOBODY)
    for act in (partial(full.add, "two"), reveal, full.protect_anew):
        with pytest.raises(ChangeWaits) as waits:
            act()
        assert [one.what for one in waits.value.mismatches] == [kind]
    assert (full.everything(), full.checkpoint.kept, full.checkpoint.laid) == (before, kept, None)


def test_an_older_database_that_was_put_back_is_told_with_both_numbers(full: MemoryServer) -> None:
    older = full.cmdb.state.copy()
    full.add("two")
    full.cmdb.state = older
    with pytest.raises(ChangeWaits) as waits:
        full.add("three")
    (one,) = waits.value.mismatches
    assert one.what is MismatchKind.WENT_BACK
    assert int(one.expected) == int(one.found) + 1


def test_nobody_is_asked_for_a_passphrase_where_a_change_has_to_wait(full: MemoryServer) -> None:
    TAMPERINGS[MismatchKind.REGISTER](full)

    def ask(request: object, retry: int) -> object:
        raise AssertionError("asked")

    with pytest.raises(ChangeWaits):
        full.services.protection.change("passphrase", NOBODY, ask, without_backup=True)  # type: ignore[arg-type]  # never called


def test_a_revealed_line_that_was_cut_from_a_real_database_is_never_signed_away(tmp_path: Path) -> None:
    server = set_up(RealSite(tmp_path).server())
    server.services.credentials.reveal(server.services.credentials.show("run-as/one"), NOBODY).wipe()
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute("DELETE FROM audit WHERE no = (SELECT max(no) FROM audit)")
    for _ in range(2):
        with pytest.raises(ChangeWaits) as waits:
            server.add("two")
        assert waits.value.mismatches[0].what is MismatchKind.AUDIT
    assert not server.services.audit.verify().whole


def test_a_change_that_slips_in_after_the_look_is_found_in_the_transaction(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = memory.cmdb.changing

    def late(*given: object, **named: object) -> object:
        _state(lambda state: state.audit.pop())(memory)
        return changing(*given, **named)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(memory.cmdb, "changing", late)
    with pytest.raises(ChangeWaits):
        memory.add("two")


def test_its_steps_come_in_their_order() -> None:
    """The calls of a change, in their order."""
    server = MemorySite().server()
    server.set_up()
    life = Life()
    server.with_life(life).add("one")
    steps = [
        "cmdb.changing",
        "checkpoint.lay_down",
        "cmdb.changing.set_checkpoint",
        "cmdb.changing ends",
        "checkpoint.settle",
        "key_store.sweep",
        "lock.hold ends",
    ]
    places = [len(life.calls) - 1 - life.calls[::-1].index(step) for step in steps]
    assert places == sorted(places)
    assert life.calls.index("lock.hold ends") < life.calls.index("key_store.unlock")

"""One archive, several destinations: each copy is proven and recorded by itself; none waits for another."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from nskeys.errors import (
    BackupNotProven,
    Cancelled,
    CannotCreate,
    DestinationInvalid,
    DestinationUnreachable,
    NoCopyMade,
)
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.model.plans import BackupReport
from nskeys.model.recovery import IdentityKind
from nskeys.model.register import CopyStatus, Proof
from nskeys.ports import Progress, Purpose, Stage
from nskeys.reasons import Problem
from nskeys.services.register.service import unregistered_backups
from tests.fakes.dying import Life, every_death
from tests.fakes.fixed import Answers
from tests.fakes.memory_destination import MemoryDestination
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import PASSWORD, Server
from tests.fakes.watching import Watching

VAULT, OTHER = "/vault", "/other"
ELSEWHERE = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs vault03:/nskeys")


def back_up(server: Server, *to: str, progress: Progress | None = None) -> BackupReport:
    """One backup to these destinations."""
    plan = server.services.backup.plan(to)
    return server.services.backup.execute(
        plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}), progress
    )


@pytest.fixture
def two() -> MemoryServer:
    """A server with a credential, and two vaults elsewhere."""
    return with_two()


def with_two() -> MemoryServer:
    """See `two`."""
    server = MemorySite().server()
    server.destinations.make(OTHER, ELSEWHERE)
    server.set_up()
    server.services.destinations.add(OTHER)
    server.add("one")
    return server


def recorded(server: Server) -> dict[str, CopyStatus]:
    """What the register says, and each copy as it is now."""
    return {copy.destination: copy.status for copy in server.services.register.copies()}


def test_every_copy_is_the_same_archive_with_its_own_row_and_proof(server: Server) -> None:
    server.add("one")
    report = back_up(server, server.local, server.vault)
    assert [copy.destination for copy in report.copies] == [server.local, server.vault]
    assert len({copy.backup for copy in report.copies}) == 1
    assert {copy.proof for copy in report.copies} == {Proof.OPENED}
    assert [copy.where.location for copy in report.copies] == [Location.HERE, Location.ELSEWHERE]
    assert report.failures == ()
    assert len(server.register_rows()) == 2
    assert recorded(server) == {server.local: CopyStatus.GOOD, server.vault: CopyStatus.GOOD}
    server.copy_database()
    assert server.counts() == (1, 0, 0)


def test_the_copy_elsewhere_is_the_one_that_is_named_and_that_the_registry_values_echo(
    server: Server,
) -> None:
    report = back_up(server, server.local, server.vault)
    assert report.copy.destination == server.vault
    assert server.installation.registry.read().backup_path == server.vault
    assert server.installation.registry.read().backup_date == report.copy.backup.created


def test_among_several_elsewhere_it_is_the_one_that_was_named_first(two: MemoryServer) -> None:
    assert back_up(two, OTHER, VAULT).copy.destination == OTHER
    assert two.registry.values.backup_path == OTHER


def test_a_destination_named_twice_gets_one_copy(two: MemoryServer) -> None:
    assert len(back_up(two, VAULT, f"{VAULT}/", OTHER).copies) == 2
    assert len(two.destinations.places[VAULT].files) == 1


def test_each_copy_has_its_line_in_the_trail(two: MemoryServer) -> None:
    back_up(two, VAULT, OTHER)
    assert [line.count('"backed-up"') for line in two.audit()[-2:]] == [1, 1]
    assert two.services.audit.verify().whole


# --- some of them fail ----------------------------------------------------------------------------


def test_one_that_cannot_be_reached_is_told_in_the_plan_and_the_other_gets_its_copy(
    two: MemoryServer,
) -> None:
    with two.cut_off(OTHER):
        plan = two.services.backup.plan((OTHER, VAULT))
        assert [planned.info.address for planned in plan.destinations] == [VAULT]
        assert [(item.info.address, type(item.error)) for item in plan.failures] == [
            (OTHER, DestinationUnreachable)
        ]
        assert plan.addresses == (VAULT, OTHER)
        report = back_up(two, OTHER, VAULT)
    assert [copy.destination for copy in report.copies] == [VAULT]
    assert [item.info.address for item in report.failures] == [OTHER]
    two.copy_database()
    assert two.counts() == (1, 0, 0)


def test_one_that_a_newer_version_configured_keeps_no_other_from_its_copy(two: MemoryServer) -> None:
    settings = two.settings_file.read()
    future = DestinationInfo("future://vault04/backups")
    two.settings_file.write(replace(settings, destinations=(future, *settings.destinations)))
    everywhere = two.services.backup.everywhere()
    assert two.services.backup.need(everywhere).missing_at == everywhere
    report = back_up(two, *everywhere)
    assert [copy.destination for copy in report.copies] == [VAULT, OTHER]
    (failure,) = report.failures
    assert failure.info == future
    assert isinstance(failure.error, DestinationInvalid)
    assert two.services.backup.need(everywhere).missing_at == (future.address,)
    with pytest.raises(DestinationInvalid):
        two.services.backup.plan(future.address)


def test_one_that_fills_up_meanwhile_costs_only_its_own_copy(two: MemoryServer) -> None:
    plan = two.services.backup.plan((OTHER, VAULT))
    two.destinations.places[OTHER].refuses = Problem.NO_SPACE
    report = two.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    assert [copy.destination for copy in report.copies] == [VAULT]
    assert isinstance(report.failures[0].error, CannotCreate)
    assert recorded(two) == {VAULT: CopyStatus.GOOD}


def test_one_that_gives_back_something_else_has_no_row_and_its_file_is_named_in_the_trail(
    two: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = MemoryDestination.read

    def flipped(self: MemoryDestination, name: str, limit: int) -> bytes:
        data = read(self, name, limit)
        return data[:-1] + bytes([data[-1] ^ 1]) if self.info.address == OTHER else data

    monkeypatch.setattr(MemoryDestination, "read", flipped)
    report = back_up(two, OTHER, VAULT)
    assert isinstance(report.failures[0].error, BackupNotProven)
    assert [copy.destination for copy in two.services.register.copies(look=False)] == [VAULT]
    failed = [line for line in two.audit() if '"backup-failed"' in line]
    assert len(failed) == 1
    assert f"{OTHER}/{report.copy.backup.archive_name}" in failed[0]
    assert two.registry.values.backup_path == VAULT


@pytest.mark.parametrize("when", ["plan", "execute"])
def test_where_all_fail_each_is_told_and_nothing_is_claimed(two: MemoryServer, when: str) -> None:
    plan, password = two.services.backup.plan((OTHER, VAULT)), {Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}
    for place in (OTHER, VAULT):
        two.destinations.places[place].unreachable = Problem.GONE
    act: dict[str, Callable[[], object]] = {
        "plan": lambda: two.services.backup.plan((OTHER, VAULT)),
        "execute": lambda: two.services.backup.execute(plan, Answers(password)),
    }
    with pytest.raises(NoCopyMade) as caught:
        act[when]()
    assert [place for place, _ in caught.value.failures] == [OTHER, VAULT]
    assert two.register_rows() == []
    assert two.registry.values.backup_path is None


def test_how_far_each_place_is_is_told(two: MemoryServer) -> None:
    watching = Watching()
    plan = two.services.backup.plan((OTHER, VAULT))
    two.destinations.places[OTHER].refuses = Problem.NO_SPACE
    two.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}), watching)
    assert watching.places == {
        OTHER: ["writing", "failed"],
        VAULT: ["writing", "reading_back", "opening", "done"],
    }
    assert (watching.totals[Stage.WRITING], watching.advanced[Stage.WRITING]) == (2, 2)


# --- which of them need one --------------------------------------------------------------------------


def identify(server: Server, password: str) -> None:
    """A person makes a recovery identity, or another one."""
    recovery = server.services.recovery
    recovery.execute(
        recovery.plan(IdentityKind.PERSON), Answers({Purpose.NEW_IDENTITY_PASSWORD: [password]})
    )


def test_a_new_identity_makes_one_needed_everywhere(two: MemoryServer) -> None:
    identify(two, "the password of the first identity")
    back_up(two, VAULT, OTHER)
    assert two.services.backup.need((VAULT, OTHER)).missing_at == ()
    identify(two, "the password of the second identity")
    assert two.services.backup.need((VAULT, OTHER)).missing_at == (VAULT, OTHER)
    back_up(two, VAULT)
    need = two.services.backup.need((VAULT, OTHER))
    assert (need.missing_at, [copy.destination for copy in need.held]) == ((OTHER,), [VAULT])


def test_a_clock_that_was_put_back_makes_none_needed_every_night(two: MemoryServer) -> None:
    two.clock.advance(days=-400)
    back_up(two, VAULT, OTHER)
    assert two.services.backup.need((VAULT, OTHER)).missing_at == ()


def test_registry_values_that_are_older_than_a_key_make_one_needed_everywhere(two: MemoryServer) -> None:
    back_up(two, VAULT, OTHER)
    two.clock.advance(days=1)
    two.registry.values = two.registry.values._replace(
        backup_date=two.clock.moment.replace(year=two.clock.moment.year - 1)
    )
    assert two.services.backup.need((VAULT, OTHER)).missing_at == (VAULT, OTHER)


# --- a place that hangs, and a person who stops ------------------------------------------------------


class StopsOnce:
    """A person who presses Esc once something is true."""

    def __init__(self, when: Callable[[], bool]) -> None:
        self._when = when

    def __call__(self) -> None:
        if self._when():
            raise Cancelled


def progress_that_stops(when: Callable[[], bool]) -> Watching:
    watching = Watching()
    watching.checkpoint = StopsOnce(when)  # type: ignore[method-assign]
    return watching


def hang(server: MemoryServer, place: str) -> Callable[[], None]:
    """Reading back from this place takes until the returned function is called."""
    name = server.services.backup.plan(place).archive_name
    return server.destinations.places[place].hang(name).set


def test_a_copy_is_recorded_while_another_place_still_hangs(two: MemoryServer) -> None:
    release = hang(two, OTHER)

    def recorded_then_released() -> bool:
        if len(two.register_rows()) == 1:
            release()
        return False

    report = back_up(two, OTHER, VAULT, progress=progress_that_stops(recorded_then_released))
    assert len(report.copies) == 2


def test_stopped_while_a_place_hangs_the_other_copy_counts(
    two: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.services.upload._CANCEL_TIMEOUT_S", 0.3)
    release = hang(two, OTHER)
    began = time.monotonic()
    report = back_up(two, OTHER, VAULT, progress=progress_that_stops(lambda: len(two.register_rows()) == 1))
    assert time.monotonic() - began < 20
    assert [copy.destination for copy in report.copies] == [VAULT]
    assert isinstance(report.failures[0].error, Cancelled)
    assert any('"backup-failed"' in line and OTHER in line for line in two.audit())
    release()
    assert two.lock_is_free()
    assert two.services.audit.verify().whole


def test_stopped_while_the_only_place_hangs_it_ends_at_once(
    two: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.services.upload._CANCEL_TIMEOUT_S", 0.3)
    release = hang(two, VAULT)
    files, began = two.destinations.places[VAULT].files, time.monotonic()
    with pytest.raises(Cancelled):
        back_up(two, VAULT, progress=progress_that_stops(lambda: bool(files)))
    assert time.monotonic() - began < 20
    assert two.register_rows() == []
    release()
    assert two.lock_is_free()


def test_a_bug_in_one_place_is_no_failure_of_a_destination(
    two: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: MemoryDestination, name: str, data: bytes) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(MemoryDestination, "publish", broken)
    with pytest.raises(ZeroDivisionError):
        back_up(two, OTHER, VAULT)
    assert two.lock_is_free()


# --- killed ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_at_any_call_nothing_false_is_claimed_and_the_next_run_makes_it_whole() -> None:
    server = with_two()

    def begin(life: Life) -> None:
        nonlocal server
        server = with_two()
        back_up(server.with_life(life), OTHER, VAULT)
        done(server.restarted(), (OTHER, VAULT))

    def survive(life: Life) -> None:
        server.restarted()
        copies = server.services.register.copies()
        for copy in copies:
            assert (copy.status, copy.proof) == (CopyStatus.GOOD, Proof.OPENED)
        places = {place: server.destinations.places[place].files for place in (OTHER, VAULT)}
        lie = {f"{place}/{name}" for place, files in places.items() for name in files}
        assert {copy.address for copy in copies} | set(unregistered_backups(server.installation)) == lie
        back_up(server, OTHER, VAULT)
        done(server, (OTHER, VAULT))

    calls = every_death(begin, survive)
    assert calls.count("destinations.at.publish") == 2
    assert calls.count("cmdb.changing ends") == 3, "its number, and each copy"


def done(server: Server, places: Sequence[str]) -> None:
    """Every destination has a copy that counts."""
    copies = server.services.register.copies()
    assert {copy.destination for copy in copies if copy.counts} == set(places)
    assert server.services.audit.verify().whole
    assert server.services.backup.due() == ()

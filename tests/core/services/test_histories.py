"""Random histories: what is claimed to be recoverable is what a restore after a fire really opens."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nskeys.errors import NskeysError
from nskeys.model.credentials import Credential
from nskeys.model.keys import Kid
from nskeys.model.places import Location, LocationReason, Whereabouts
from nskeys.model.recoverability import RecoveryState
from nskeys.model.retention import Retention
from nskeys.services.recoverability import Overview
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY, run_as

_SECOND_VAULT = "/safe"


class History:
    """One server's life, on changing hardware. A number chooses what each step is done to."""

    def __init__(self) -> None:
        self.site = MemorySite()
        elsewhere = Whereabouts(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "cifs //safe/nskeys")
        self.site.destinations.make(_SECOND_VAULT, elsewhere)
        self.server: MemoryServer = self.site.server()
        self.server.set_up()
        self.older_database = self.site.with_database_of(self.server)
        self._names = 0

    def add(self, number: int) -> None:
        for _ in range(1 + number % 3):
            self._names += 1
            self.server.add(f"credential-{self._names}")

    def edit(self, number: int) -> None:
        credential = self._credential(number)
        fields = run_as(credential.fields.name, target=f"target-{number}")
        self.server.services.credentials.edit(credential, fields, None, NOBODY)

    def remove(self, number: int) -> None:
        self.server.services.credentials.remove(self._credential(number))

    def rotate(self, number: int) -> None:
        self.server.rotate(without_backup=number % 4 == 0)

    def back_up(self, number: int) -> None:
        self.server.back_up((self.server.vault, self.server.local, _SECOND_VAULT)[number % 3])

    def lose(self, number: int) -> None:
        self.server.lose(self._file(number))

    def corrupt(self, number: int) -> None:
        self.server.corrupt(self._file(number))

    def carry(self, number: int) -> None:
        address = self.server.carry(self._file(number), _SECOND_VAULT)
        self.server.services.register.add(address, NOBODY)

    def carry_here(self, number: int) -> None:
        self.server.carry(self._file(number), self.server.local)

    def cut_off(self, number: int) -> None:
        place = self.site.destinations.places[_SECOND_VAULT]
        place.unreachable = "" if place.unreachable else "gone"

    def check(self, number: int) -> None:
        self.server.services.register.check(NOBODY)

    def drill(self, number: int) -> None:
        self.server.drill(self._file(number))

    def retire(self, number: int) -> None:
        plan = self.server.services.register.plan_retire(self._file(number))
        self.server.services.register.retire(plan, NOBODY)

    def prune(self, number: int) -> None:
        """Whoever was recoverable before is so afterwards, by what is there then."""
        before = self._recoverable()
        plan = self.server.services.pruning.plan(Retention(1 + number % 3, number % 2))
        self.server.services.pruning.execute(plan, NOBODY)
        assert self._recoverable() >= before

    def _recoverable(self) -> set[Kid]:
        keys = self.server.services.recoverability.assess().keys
        return {key.kid for key in keys if key.state is RecoveryState.RECOVERABLE and key.credentials}

    def keep_a_database(self, number: int) -> None:
        self.older_database = self.site.with_database_of(self.server)

    def new_hardware(self, number: int) -> None:
        """The machine burns, and what is restored may not be all there was."""
        address = self._file(number)
        fresh = self.site.after_the_fire(self.older_database if number % 3 == 0 else self.server)
        fresh.restore(address)
        self.server, self.site.destinations = fresh, fresh.destinations

    def clock_jumps(self, number: int) -> None:
        self.server.clock.advance(hours=number - 50)

    def _credential(self, number: int) -> Credential:
        with self.server.cmdb.reading() as view:
            rows = view.sealed()
        return rows[number % len(rows)].credential

    def _file(self, number: int) -> str:
        files = [
            f"{address}/{name}"
            for address, place in sorted(self.server.destinations.places.items())
            for name in sorted(place.files)
        ]
        return files[number % len(files)]


STEPS: Mapping[str, Callable[[History, int], None]] = {
    name: getattr(History, name) for name in vars(History) if not name.startswith("_")
}


def claims_are_true(history: History) -> None:
    """Each key that is said to come back does so, from the copy that is named first."""
    server = history.server
    overview = server.services.recoverability.overview()
    answer = overview.recoverability
    assert answer.totals.total == answer.totals.recoverable + answer.totals.at_risk + answer.totals.lost
    assert answer.totals.opens_here == server.services.verify.execute(NOBODY).opened
    for key in answer.keys:
        if key.state is RecoveryState.RECOVERABLE:
            for copy in key.good_copies:
                assert key.kid in opened_after_the_fire(history, copy.address, key.kid)
        elif key.state is RecoveryState.AT_RISK:
            assert (key.exposed_since is None) == (key.credentials == 0)
    if not answer.due:
        last_backup_is_whole(overview, server)


def opened_after_the_fire(history: History, address: str, kid: Kid) -> set[Kid]:
    """The keys that a restore brings to new hardware; all that `kid` seals opens there."""
    fresh = history.site.after_the_fire(history.server)
    report = fresh.restore(address)
    assert not [item for item in report.proof.failures if item.credential.kid == kid]
    return set(fresh.states())


def last_backup_is_whole(overview: Overview, server: MemoryServer) -> None:
    """Where no backup is due, the newest one holds every key."""
    last = overview.recoverability.last
    assert last is not None
    assert set(server.states()) <= set(last.backup.kids)


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 99)),
        min_size=3,
        max_size=14,
    )
)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_history_makes_the_claim_better_than_the_truth(steps: list[tuple[str, int]]) -> None:
    history = History()
    history.add(1)
    history.back_up(0)
    for name, number in steps:
        # Refused, or there is nothing to do it to: what is left must be true all the same.
        with suppress(NskeysError, ZeroDivisionError):
            STEPS[name](history, number)
        claims_are_true(history)
    with suppress(NskeysError):
        history.prune(len(steps))
    claims_are_true(history)

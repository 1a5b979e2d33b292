"""Random histories: what is claimed to be recoverable is what a restore after a fire really opens.

For each credential its state, and for each copy how far it claims to be proven, are held against a restore
on a fresh machine that has nothing but a copy of the database and that file. The claim may be worse than
the truth, never better. What else happens to servers is one more method of `History`, a new claim is one
more assertion in `claims_are_true`.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nskeys.errors import NskeysError
from nskeys.model.credentials import Credential, SealedCredential
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid
from nskeys.model.plans import ProofReport
from nskeys.model.recoverability import RecoveryState
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.retention import Retention
from nskeys.ports import SilentProgress, Stage
from nskeys.reasons import Problem
from nskeys.services.open_backup import find_source
from nskeys.services.status.overview import Overview
from tests.core.services.register.test_forged_register import FORGERIES, changed, says
from tests.fakes.memory_destination import Place
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY, RawRegisterRow, run_as

pytestmark = pytest.mark.slow

_SECOND_VAULT = "/safe"


class _PowerCut(Exception):
    """The machine stops."""


class _StopsResealing(SilentProgress):
    """Until the new key is active, and no credential is sealed under it yet."""

    def stage(self, stage: Stage, total: int | None = None) -> None:
        if stage is Stage.RESEALING:
            raise _PowerCut


class History:
    """One server's life, on changing hardware. A number chooses what each step is done to."""

    def __init__(self) -> None:
        self.site = MemorySite()
        elsewhere = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "cifs //safe/nskeys")
        self.site.destinations.make(_SECOND_VAULT, elsewhere)
        self.server: MemoryServer = self.site.server()
        self.server.set_up()
        self.older_database = self.site.with_database_of(self.server)
        self.older_register: list[RawRegisterRow] = []
        self.tried: set[tuple[str, str, bytes]] = set()
        """What a drill or a restore opened: the archive's hash, the credential's id, the row as it was."""
        self.person_opened: set[tuple[str, ...]] = set()
        """The recipients of backups that somebody opened in a drill or a restore."""
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

    def rotate_broken_off(self, number: int) -> None:
        with suppress(_PowerCut):
            self.server.rotate(without_backup=number % 2 == 0, progress=_StopsResealing())

    def back_up(self, number: int) -> None:
        self.server.back_up((self.server.vault, self.server.local, _SECOND_VAULT)[number % 3])

    def make_an_identity(self, number: int) -> None:
        self.server.make_identity()

    def back_up_to_recipients(self, number: int) -> None:
        """To the recovery identity; to a new one, where there is none or somebody made one meanwhile."""
        if not self.server.installation.recovery.record() or number % 5 == 0:
            self.make_an_identity(number)
        self.server.back_up_to(
            destination=(self.server.vault, self.server.local, _SECOND_VAULT)[number % 3]
        )

    def lose(self, number: int) -> None:
        self.server.lose(self._file(number))

    def corrupt(self, number: int) -> None:
        self.server.corrupt(self._file(number))

    def carry(self, number: int) -> None:
        address = self.server.carry(self._file(number), _SECOND_VAULT)
        self.server.services.register.add(address, NOBODY)

    def carry_here(self, number: int) -> None:
        self.server.carry(self._file(number), self.server.local)

    def move(self, number: int) -> None:
        """Carried over and gone from where it was; every other time somebody tells the register."""
        address = self._file(number)
        moved = self.server.carry(address, _SECOND_VAULT)
        if moved != address:
            self.server.lose(address)
        if number % 2:
            self.server.services.register.add(moved, NOBODY)

    def exchange(self, number: int) -> None:
        """Two files have each other's names."""
        first, second = self._place(self._file(number)), self._place(self._file(number * 7 + 1))
        (one, name), (other, name_of_other) = first, second
        one.files[name], other.files[name_of_other] = other.files[name_of_other], one.files[name]

    def a_strangers_backup(self, number: int) -> None:
        """A backup of another CMDB lies beside ours, and somebody names it to our register."""
        stranger = self.site.server()
        stranger.set_up()
        stranger.add("not ours")
        self.server.services.register.add(stranger.back_up().copy.address, NOBODY)

    def keep_the_register(self, number: int) -> None:
        self.older_register = self.server.register_rows()

    def put_the_register_back(self, number: int) -> None:
        """Older rows, each with its valid signature."""
        self.server.forge_register(self.older_register)

    def write_into_the_register(self, number: int) -> None:
        """Rows changed by hand, with the signature they had, with none, or with another row's."""
        rows = self.server.register_rows()
        forgeries = [*FORGERIES.values(), says("kids", sorted(self.server.states()))]
        forgery = forgeries[number % len(forgeries)]
        chosen, other = rows[number % len(rows)], rows[(number + 1) % len(rows)]
        signature = (chosen.signature, None, other.signature)[number % 3]
        forged = replace(changed(chosen, forgery), signature=signature)
        self.server.forge_register([row for row in rows if row is not chosen] + [forged])

    def cut_off(self, number: int) -> None:
        place = self.site.destinations.places[_SECOND_VAULT]
        place.unreachable = None if place.unreachable else Problem.GONE

    def check(self, number: int) -> None:
        self.server.services.register.check(NOBODY)

    def drill(self, number: int) -> None:
        address = self._file(number)
        drill = self.server.drill_by if to_recipients(self.server, address) else self.server.drill
        self._remember(address, drill(address).proof)

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

    def put_the_database_back(self, number: int) -> None:
        """An older state of it, under keys and files that went on."""
        self.server.cmdb.state = self.older_database.cmdb.state.copy()

    def new_hardware(self, number: int) -> None:
        """The machine burns, and what is restored may not be all there was."""
        address = self._file(number)
        fresh = self.site.after_the_fire(self.older_database if number % 3 == 0 else self.server)
        self._remember(address, restored(fresh, address), fresh)
        self.server, self.site.destinations = fresh, fresh.destinations

    def clock_jumps(self, number: int) -> None:
        self.server.clock.advance(hours=number - 50)

    def _remember(self, address: str, proof: ProofReport, server: MemoryServer | None = None) -> None:
        place, name = self._place(address)
        archive = hashlib.sha256(place.files[name]).hexdigest()
        self.person_opened.add(to_recipients(self.server, address))
        failed = {item.credential.credential_id for item in proof.failures}
        for row in rows_of(server or self.server):
            if row.credential.credential_id not in failed:
                self.tried.add((archive, row.credential.credential_id, row.blob))

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

    def _place(self, address: str) -> tuple[Place, str]:
        folder, _, name = address.rpartition("/")
        return self.server.destinations.places[folder], name


STEPS: Mapping[str, Callable[[History, int], None]] = {
    name: getattr(History, name) for name in vars(History) if not name.startswith("_")
}


@dataclass
class Truth:
    """What each file really brings back, tried once for each state of the world."""

    history: History

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, bool], tuple[set[Kid], set[str]]] = {}

    def of(self, copy: BackupCopy, after_the_fire: bool) -> tuple[set[Kid], set[str]]:
        """The keys that a restore from this copy brings to new hardware, and the credentials that open
        there; after a fire only what lies elsewhere is left."""
        found = (copy.address, after_the_fire)
        if found not in self._known:
            site, server = self.history.site, self.history.server
            fresh = site.after_the_fire(server) if after_the_fire else site.with_database_of(server)
            proof = restored(fresh, copy.address)
            failed = {item.credential.credential_id for item in proof.failures}
            opened = {row.credential.credential_id for row in rows_of(server)} - failed
            self._known[found] = (set(fresh.states()), opened)
        return self._known[found]


def to_recipients(server: MemoryServer, address: str) -> tuple[str, ...]:
    """Whom the file was made for; nobody, where a password opens it."""
    facts = find_source(server.installation, address).facts
    return () if facts is None else tuple(sorted(facts.recipients))


def restored(server: MemoryServer, address: str) -> ProofReport:
    """A restore by whatever opens the file: its password, or that of the recovery identity in it."""
    restore = server.restore_by if to_recipients(server, address) else server.restore
    return restore(address).proof


def rows_of(server: MemoryServer) -> tuple[SealedCredential, ...]:
    """Every credential, as it is stored."""
    with server.cmdb.reading() as view:
        return tuple(view.sealed())


def claims_are_true(history: History) -> None:
    """Everything that the overview says, credential by credential and copy by copy."""
    server, truth = history.server, Truth(history)
    overview = server.services.recoverability.overview()
    answer = overview.recoverability
    assert answer.totals.total == answer.totals.recoverable + answer.totals.at_risk + answer.totals.lost
    here = server.services.verify.execute(NOBODY)
    assert answer.totals.opens_here == here.opened
    closed = {item.credential.credential_id for item in here.failures}
    good = {key.kid: key.good_copies for key in answer.keys}
    for credential in (row.credential for row in rows_of(server)):
        state = answer.state_of(credential.kid)
        if state is RecoveryState.RECOVERABLE:
            assert good[credential.kid]
            for copy in good[credential.kid]:
                keys, opened = truth.of(copy, after_the_fire=True)
                assert credential.kid in keys
                assert credential.credential_id in opened
        elif state is RecoveryState.AT_RISK:
            assert credential.credential_id not in closed
    for key in answer.keys:
        if key.state is RecoveryState.AT_RISK:
            assert (key.exposed_since is None) == (key.credentials == 0)
    for copy in overview.copies:
        copy_is_what_it_claims(copy, history, truth)
    if not answer.due:
        last_backup_is_whole(overview, server)


def copy_is_what_it_claims(copy: BackupCopy, history: History, truth: Truth) -> None:
    """Wherever it lies: whole, opened by its password, holding these keys, and opening what it opened."""
    if not copy.signed:
        assert (copy.proof, copy.counts) == (Proof.RECORDED, False)
        return
    if copy.retired is not None or copy.status is not CopyStatus.GOOD:
        assert not copy.counts
        return
    place, name = history._place(copy.address)
    assert hashlib.sha256(place.files[name]).hexdigest() == copy.backup.archive_sha256
    if copy.proof.rank < Proof.OPENED.rank:
        return
    if copy.counts and copy.backup.recipients:
        assert tuple(sorted(copy.backup.recipients)) in history.person_opened, "nobody showed that he can"
    keys, opened = truth.of(copy, after_the_fire=copy.counts)
    assert keys == set(copy.backup.kids)
    for row in rows_of(history.server):
        credential = row.credential
        if credential.kid in keys and copy.proof_of(credential.seal_no) is Proof.CREDENTIALS_OPEN:
            assert credential.credential_id in opened
            tried = (copy.backup.archive_sha256, credential.credential_id, row.blob)
            assert tried in history.tried, "it would open, but nobody tried"


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
    claims_are_true(history)
    for name, number in steps:
        # Refused, or there is nothing to do it to: what is left must be true all the same.
        with suppress(NskeysError, ZeroDivisionError):
            STEPS[name](history, number)
        claims_are_true(history)
    with suppress(NskeysError):
        history.prune(len(steps))
    claims_are_true(history)

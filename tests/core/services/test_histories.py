"""Random histories: what is claimed to be recoverable is what the files that are left really bring back.

For each credential its state is held against what key backups and database copies elsewhere bring back,
without anything else of the server; for each copy how far it claims to be proven, against a restore on a
fresh machine that has the database and that file. The claim may be worse than the truth, never better, and
is no worse where the rule of the two halves says that a credential comes back. What else happens to servers
is one more method of `History`, a new claim is one more assertion in `claims_are_true`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nskeys.archive.database_copy.writing import PartSize
from nskeys.errors import NskeysError
from nskeys.model.credentials import Credential, SealedCredential
from nskeys.model.database_copy import is_part_name
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid
from nskeys.model.plans import ProofReport
from nskeys.model.recoverability import RecoveryState
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.retention import Retention
from nskeys.model.signed_json import Json, canonical_json
from nskeys.ports import SilentProgress, Stage
from nskeys.reasons import Problem
from nskeys.services.database.proving import DatabaseCheckService
from nskeys.services.database.service import DatabaseCopyService
from nskeys.services.open_backup import find_source
from nskeys.services.register.database_probe import check_database_copies
from nskeys.services.settling import home_of
from nskeys.services.status.overview import Overview
from tests.core.services.files_alone import brought_back
from tests.core.services.register.test_forged_register import FORGERIES, changed, says
from tests.fakes.examples import examples
from tests.fakes.memory_cmdb import MemoryCmdb
from tests.fakes.memory_destination import Place
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.other_databases import MemoryOtherDatabase
from tests.fakes.servers import NOBODY, RawRegisterRow, run_as

pytestmark = pytest.mark.slow

_SECOND_VAULT = "/safe"


_COPY_FORGERIES: tuple[tuple[str, Json], ...] = (
    ("number", 1 << 50),
    ("covers_nothing", False),
    ("uncovered", []),
    ("keys", []),
)


def _copy_says(row: RawRegisterRow, name: str, value: Json) -> RawRegisterRow:
    """The row of a database copy with another claim."""
    body = json.loads(row.body)
    body["copy"][name] = value
    return replace(row, body=canonical_json(body).decode())


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
        self.others: list[State] = []
        """What somebody else's backups bring back."""
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
        self.server.services.credentials.remove(self._credential(number), NOBODY)

    def rotate(self, number: int) -> None:
        self.server.rotate(without_backup=number % 4 == 0)

    def rotate_broken_off(self, number: int) -> None:
        with suppress(_PowerCut):
            self.server.rotate(without_backup=number % 2 == 0, progress=_StopsResealing())

    def back_up(self, number: int) -> None:
        self.server.back_up(self._destination(number))

    def back_up_keys(self, number: int) -> None:
        self.server.back_up_keys(self._destination(number))

    def copy_the_database(self, number: int) -> None:
        service = self.server.services.database
        service.execute(service.plan(self._destination(number)), NOBODY)

    def copy_in_parts(self, number: int) -> None:
        service = DatabaseCopyService(self.server.installation, PartSize(packed=1_500, unpacked=1_500))
        service.execute(service.plan(self._destination(number)), NOBODY)

    def declare_others(self, number: int) -> None:
        """Somebody else backs the database up, it is said."""
        self.server.services.declared_backups.declare(f"tape {number % 2}", NOBODY)

    def withdraw_others(self, number: int) -> None:
        self.server.services.declared_backups.withdraw(f"tape {number % 2}", NOBODY)

    def others_back_up(self, number: int) -> None:
        """They do: what they have is there whatever burns."""
        self.others.append(self.server.cmdb.state.copy())

    def check_others(self, number: int) -> None:
        """One of their backups is restored and checked, which may be an older one."""
        cmdb = MemoryCmdb()
        cmdb.create(self.server.cmdb.cmdb_id())
        cmdb.state = self.others[-1 - number % min(3, len(self.others))].copy()
        self._check(cmdb, number)

    def check_a_replica(self, number: int) -> None:
        """The database itself is named as the backup of itself."""
        self._check(self.server.cmdb, number)

    def check_a_changed_one(self, number: int) -> None:
        """Somebody changed what was restored."""
        cmdb = MemoryCmdb()
        cmdb.create(self.server.cmdb.cmdb_id())
        state = self.server.cmdb.state.copy()
        name = sorted(state.rows)[number % len(state.rows)]
        row = state.rows.pop(name)
        if number % 2:
            fields = row.credential.fields._replace(target="evil")
            state.rows[name] = row._replace(credential=replace(row.credential, fields=fields))
        cmdb.state = state
        self._check(cmdb, number)

    def _check(self, cmdb: MemoryCmdb, number: int) -> None:
        known = self.server.other_databases.known
        known["named"] = MemoryOtherDatabase("named", cmdb)
        service = DatabaseCheckService(self.server.installation, lag=0)
        service.execute(service.plan("named", f"tape {number % 2}"), NOBODY)

    def _destination(self, number: int) -> str:
        return (self.server.vault, self.server.local, _SECOND_VAULT)[number % 3]

    def make_an_identity(self, number: int) -> None:
        self.server.make_identity()

    def back_up_to_recipients(self, number: int) -> None:
        """To the recovery identity; to a new one, where there is none or somebody made one meanwhile."""
        if not self.server.services.recovery.show() or number % 5 == 0:
            self.make_an_identity(number)
        self.server.back_up_to(destination=self._destination(number))

    def lose(self, number: int) -> None:
        self.server.lose(self._file(number))

    def corrupt(self, number: int) -> None:
        self.server.corrupt(self._file(number))

    def lose_a_part(self, number: int) -> None:
        self.server.lose(self._part(number))

    def corrupt_a_part(self, number: int) -> None:
        self.server.corrupt(self._part(number))

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
        forgeries = [*FORGERIES.values(), says("kids", sorted(self.server.states()))]
        forgery = forgeries[number % len(forgeries)]
        self._forge(lambda row: changed(row, forgery), '{"address":', number)

    def write_into_a_copys_row(self, number: int) -> None:
        """The same of database copies."""
        name, value = _COPY_FORGERIES[number % len(_COPY_FORGERIES)]
        self._forge(lambda row: _copy_says(row, name, value), '{"copy":', number)

    def _forge(self, forge: Callable[[RawRegisterRow], RawRegisterRow], of: str, number: int) -> None:
        rows = self.server.register_rows()
        suitable = [row for row in rows if row.body.startswith(of)]
        chosen, other = suitable[number % len(suitable)], rows[(number + 1) % len(rows)]
        signature = (chosen.signature, None, other.signature)[number % 3]
        forged = replace(forge(chosen), signature=signature)
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

    def _recoverable(self) -> set[str]:
        answer = self.server.services.recoverability.assess()
        credentials = [row.credential for row in rows_of(self.server)]
        back = [one for one in credentials if answer.state_of(one) is RecoveryState.RECOVERABLE]
        return {credential.credential_id for credential in back}

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
        """A key backup."""
        files = [file for file in self._files() if not is_part_name(file)]
        return files[number % len(files)]

    def _part(self, number: int) -> str:
        """A part of a database copy."""
        files = [file for file in self._files() if is_part_name(file)]
        return files[number % len(files)]

    def _files(self) -> list[str]:
        return [
            f"{address}/{name}"
            for address, place in sorted(self.server.destinations.places.items())
            for name in sorted(place.files)
        ]

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
    back, rule = brought_back(server, history.site, history.others), by_the_rule(server, overview)
    for credential in (row.credential for row in rows_of(server)):
        state, fields = answer.state_of(credential), credential.fields
        if state is RecoveryState.RECOVERABLE:
            row = (credential.credential_id, credential.number)
            assert (*row, fields.name, fields.target, fields.account) in back
            assert good[credential.kid]
            for copy in good[credential.kid]:
                keys, opened = truth.of(copy, after_the_fire=True)
                assert credential.kid in keys
                assert credential.credential_id in opened
        elif state is RecoveryState.AT_RISK:
            assert credential.credential_id not in closed
        if credential.number <= rule.get(credential.kid, 0):
            assert state is RecoveryState.RECOVERABLE, "no worse than the rule says"
    for key in answer.keys:
        assert (key.exposed_since is None) == (not key.at_risk)
    for copy in overview.copies:
        copy_is_what_it_claims(copy, history, truth)
    if not answer.due:
        last_backup_is_whole(overview, server)


def by_the_rule(server: MemoryServer, overview: Overview) -> dict[Kid, int]:
    """Up to which number each key's credentials come back, every copy looked at now and the rule of the two
    halves said once more."""
    if overview.mismatches or overview.differences:
        return {}
    named = home_of(server.installation)
    assert named is not None
    installation, point = server.installation, named.checkpoint
    held: set[str] = set()
    for backup in overview.copies:
        if backup.counts:
            held |= {*backup.backup.kids, *backup.backup.copy_kids}
    with installation.cmdb.reading() as view:
        inventory = {kid: known for kid, known in view.inventory() if known is not None}
    found: dict[Kid, int] = {}
    made_here = [copy for copy in overview.databases if not copy.declared]
    declared = [copy for copy in overview.databases if copy.declared]
    for copy in (*check_database_copies(installation, made_here, SilentProgress()), *declared):
        made = copy.copy
        ours = made.server_key == point.server_key and not any(
            first <= made.number <= last for first, last in point.void
        )
        before = {one.server_key: one.upto for one in point.predecessors}
        if not copy.good or not (ours or made.number <= before.get(made.server_key, 0)):
            continue
        every_key = all(kid in held for kid, rows in made.keys if rows)
        for kid, known in inventory.items():
            serves = (
                {kid, *filter(None, [made.copy_kid])} <= held
                and (known.resealed <= made.number or every_key)
                and made.number >= known.counted
                and not made.uncovered
            )
            if serves and made.cmdb_id == server.cmdb.cmdb_id():
                found[kid] = max(found.get(kid, 0), made.number)
    return found


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
    with history.server.installation.cmdb.reading() as view:
        moved = {kid: known.resealed for kid, known in view.inventory() if known is not None}
    for row in rows_of(history.server):
        credential = row.credential
        sealed = max(credential.number, moved[credential.kid])
        if credential.kid in keys and copy.proof_of(sealed) is Proof.CREDENTIALS_OPEN:
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
@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
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

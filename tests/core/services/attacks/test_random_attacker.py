"""A random attacker beside honest work: no answer is better than a restore shows, no trail is called whole
that is not.

The attacker writes any row of any table, puts earlier rows or tables back, seals rows with a key that an
old backup gave away, and does what it likes at the destinations. What honest work made of secrets, trail
and register is kept in a ledger; an acceptance by a person makes what is there the truth.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nskeys.crypto.sealing import Sealer
from nskeys.errors import NskeysError
from nskeys.model.audit import AuditEntry, first_digest, next_digest
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.keys import KeyState, Rotation, RotationStage
from nskeys.model.recoverability import RecoveryState
from nskeys.model.secret import SecretBytes
from nskeys.ports import RecoveryRow
from nskeys.services.status.overview import Overview
from tests.core.services.test_histories import History, restored, rows_of
from tests.fakes.examples import examples
from tests.fakes.memory_tables import State
from tests.fakes.servers import NOBODY

_OF_KEYS = ("seals", "inventory", "keys")
"""What is one table in a database."""
_TABLES = tuple(name for name in State.__dataclass_fields__ if name not in _OF_KEYS)


class Ledger(History):
    """A server's life in which somebody writes down what honest work did."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, str] = {}
        """What a person gave last, by the credential's id."""
        self.shut: set[str] = set()
        """Credentials that do not open, and that a person accepted as they are."""
        self.lines = self._lines()
        self.retired: set[str] = set()
        self.kept = [self.server.cmdb.state.copy()]
        """States of the database that the attacker has copies of."""

    def honestly(self, name: str, number: int) -> None:
        """Do one step of honest work, and write down what it did; a step may be refused."""
        before = self._lines()
        with suppress(NskeysError, ZeroDivisionError):
            HONEST[name](self, number)
        known = set(before)
        known.update(self.lines)
        self.lines += [line for line in self._lines() if line not in known]

    def add_one(self, number: int) -> None:
        self._names += 1
        secret = f"secret {self._names}"
        added = self.server.add(f"credential-{self._names}", secret)
        self.secrets[added.credential_id] = secret

    def edit_one(self, number: int) -> None:
        self._names += 1
        secret, credential = f"secret {self._names}", self._credential(number)
        with SecretBytes.from_text(secret) as given:
            self.server.services.credentials.edit(credential, credential.fields, given, NOBODY)
        self.secrets[credential.credential_id] = secret
        self.shut.discard(credential.credential_id)

    def remove_one(self, number: int) -> None:
        credential = self._credential(number)
        self.server.services.credentials.remove(credential, NOBODY)
        self.secrets.pop(credential.credential_id, None)
        self.shut.discard(credential.credential_id)

    def reveal_one(self, number: int) -> None:
        self.server.services.credentials.reveal(self._credential(number), NOBODY).wipe()

    def retire_one(self, number: int) -> None:
        copies = self.server.services.register.copies(look=False)
        copy = copies[number % len(copies)]
        self.server.services.register.retire(self.server.services.register.plan_retire(copy), NOBODY)
        self.retired.add(copy.address)

    def check_all(self, number: int) -> None:
        self.server.services.check.execute(NOBODY)

    def accept(self, number: int) -> None:
        """A person takes what is there as it is: from then on that is the truth."""
        service = self.server.services.checkpoint
        service.accept(service.show(), "looked into", NOBODY)
        self.lines, self.retired = self._lines(), set()
        self.secrets = self._opening()
        self.shut = {row.credential.credential_id for row in rows_of(self.server)} - self.secrets.keys()

    def _lines(self) -> list[str]:
        return [entry.line for entry in self.server.cmdb.state.audit]

    def _opening(self) -> dict[str, str]:
        """The secrets that open with the server's own keys, without any line in its trail."""
        found = {}
        with self.server.key_store.unlock(NOBODY) as keys:
            for row in rows_of(self.server):
                with suppress(NskeysError):
                    kid = row.credential.kid
                    with Sealer(self.server.cmdb.cmdb_id(), kid, keys.key(kid)).open(row) as secret:
                        found[row.credential.credential_id] = secret.text()
        return found

    # --- the attacker ---

    def keep(self, number: int) -> None:
        self.kept.append(self.server.cmdb.state.copy())

    def put_everything_back(self, number: int) -> None:
        self.server.cmdb.state = self._older(number).copy()

    def put_a_table_back(self, number: int) -> None:
        older, state = self._older(number // 7).copy(), self.server.cmdb.state.copy()
        place = number % (len(_TABLES) + 1)
        if place < len(_TABLES):
            setattr(state, _TABLES[place], getattr(older, _TABLES[place]))
        else:
            for name in _OF_KEYS:  # rows that are named stay, as a foreign key has it
                setattr(state, name, {**getattr(state, name), **getattr(older, name)})
        self.server.cmdb.state = state

    def put_a_row_back(self, number: int) -> None:
        older, state = self._older(number // 5), self.server.cmdb.state.copy()
        tables = [
            name for name in _TABLES if isinstance(getattr(older, name), dict) and getattr(older, name)
        ]
        name = tables[number % len(tables)]
        rows = sorted(getattr(older, name).items(), key=repr)
        key, row = rows[number % len(rows)]
        getattr(state, name)[key] = row
        self.server.cmdb.state = state

    def delete_a_row(self, number: int) -> None:
        state = self.server.cmdb.state.copy()
        tables = [
            table for name in _TABLES if isinstance(table := getattr(state, name), dict | list) and table
        ]
        table = tables[number % len(tables)]
        if isinstance(table, dict):
            del table[sorted(table, key=repr)[number % len(table)]]
        else:
            del table[number % len(table)]
        self.server.cmdb.state = state

    def change_a_credential(self, number: int) -> None:
        state = self.server.cmdb.state.copy()
        key = sorted(state.rows)[number % len(state.rows)]
        row, other = state.rows[key], state.rows[sorted(state.rows)[number // 3 % len(state.rows)]]
        now = row.credential
        state.rows[key] = (
            row._replace(blob=other.blob),
            row._replace(credential=replace(now, number=now.number + number % 3 - 1 or 1)),
            row._replace(credential=replace(now, fields=now.fields._replace(account="CORP\\mallory"))),
            row._replace(credential=replace(now, kid=other.credential.kid)),
        )[number % 4]
        self.server.cmdb.state = state

    def seal_a_row(self, number: int) -> None:
        """With a key of an old backup."""
        state = self.server.cmdb.state.copy()
        key = sorted(state.rows)[number % len(state.rows)]
        now = state.rows[key].credential
        with self.server.key_store.unlock(NOBODY) as keys, SecretBytes(b"of the attacker") as secret:
            sealer = Sealer(self.server.cmdb.cmdb_id(), now.kid, keys.key(now.kid))
            state.rows[key] = sealer.seal(replace(now, number=max(1, now.number - number % 2)), secret)
        self.server.cmdb.state = state

    def change_a_key(self, number: int) -> None:
        state = self.server.cmdb.state.copy()
        kid = sorted(state.keys)[number % len(state.keys)]
        if number % 2:
            state.keys[kid] = state.keys[kid]._replace(state=list(KeyState)[number % len(KeyState)])
        else:
            known = state.inventory[kid]
            state.inventory[kid] = replace(known, row_sum=number, resealed=0, counted=number)
        self.server.cmdb.state = state

    def plant_a_rotation(self, number: int) -> None:
        state, now = self.server.cmdb.state.copy(), self.server.clock.now()
        kid = sorted(state.keys)[number % len(state.keys)]
        stage = list(RotationStage)[number % len(RotationStage)]
        state.rotations[number + 1] = Rotation(number + 1, kid, stage, now, now)
        self.server.cmdb.state = state

    def rewrite_the_trail(self, number: int) -> None:
        """Lines taken out, added or edited, the hashes made anew or left."""
        state = self.server.cmdb.state.copy()
        lines = [entry.line for entry in state.audit]
        at = number % len(lines)
        lines[at : at + 1] = ([], [lines[at], lines[at]], [lines[at].replace("run-as", "run-us")])[
            number % 3
        ]
        if number % 2:
            digests = [entry.digest for entry in state.audit] + [bytes(32)]
            state.audit = [
                AuditEntry(place, line, digests[place - 1]) for place, line in enumerate(lines, 1)
            ]
        else:
            digest, made = first_digest(self.server.cmdb.cmdb_id()), []
            for place, line in enumerate(lines, 1):
                digest = next_digest(digest, line)
                made.append(AuditEntry(place, line, digest))
            state.audit = made
        self.server.cmdb.state = state

    def forge_signed_rows(self, number: int) -> None:
        state = self.server.cmdb.state.copy()
        if number % 2 and state.checkpoint is not None:
            state.checkpoint = SignedCheckpoint(state.checkpoint.text, bytes(64))
        else:
            state.recovery = RecoveryRow("{}", bytes(64))
        self.server.cmdb.state = state

    def _older(self, number: int) -> State:
        return self.kept[number % len(self.kept)]


def _steps(*names: str) -> Mapping[str, Callable[[Ledger, int], None]]:
    return {name: getattr(Ledger, name) for name in names}


HONEST = _steps(
    "add_one",
    "edit_one",
    "remove_one",
    "reveal_one",
    "retire_one",
    "check_all",
    "accept",
    "rotate",
    "back_up",
    "back_up_to_recipients",
    "drill",
)
ATTACKS = _steps(
    "keep",
    "put_everything_back",
    "put_a_table_back",
    "put_a_row_back",
    "delete_a_row",
    "change_a_credential",
    "seal_a_row",
    "change_a_key",
    "plant_a_rotation",
    "rewrite_the_trail",
    "forge_signed_rows",
    "write_into_the_register",
    "lose",
    "corrupt",
    "carry_here",
    "exchange",
)


def nothing_is_better_than_it_is(history: Ledger) -> None:
    """The answer against a restore and the ledger, the trail against the ledger."""
    server = history.server
    overview = server.services.recoverability.overview()
    answer_is_true(history, overview)
    for copy in overview.copies:
        counts = copy.counts and copy.signed
        assert not (counts and copy.address in history.retired), "a retired copy counts"
    verdict = server.services.audit.verify()
    if verdict.whole:
        assert history._lines() == history.lines, "a trail is called whole that is not"


def answer_is_true(history: Ledger, overview: Overview) -> None:
    """What is called recoverable comes back from any of its copies, with what a person gave last; and what
    is gone is told."""
    server, answer = history.server, overview.recoverability
    stored = {row.credential.credential_id: row.credential for row in rows_of(server)}
    opening = history._opening()
    if not (overview.differences or overview.mismatches):
        known = history.secrets.keys() | history.shut
        assert stored.keys() == known, "nothing was said of rows that came or went"
        assert opening == history.secrets, "nothing was said of rows that were changed"
    for key in answer.keys:
        theirs = {one for one, credential in stored.items() if credential.kid == key.kid} - history.shut
        if key.state is not RecoveryState.RECOVERABLE or not theirs:
            continue
        assert key.good_copies
        for copy in key.good_copies:
            failures = restored(history.site.after_the_fire(server), copy.address).failures
            assert not theirs & {one.credential.credential_id for one in failures}
        for one in theirs:
            assert opening.get(one) == history.secrets.get(one), "it is not what was given last"


@st.composite
def lives(draw: st.DrawFn, most: int) -> list[tuple[bool, str, int]]:
    """Honest steps and attacks in any order."""
    steps = []
    for _ in range(draw(st.integers(3, most))):
        honest = draw(st.booleans())
        name = draw(st.sampled_from(sorted(HONEST if honest else ATTACKS)))
        steps.append((honest, name, draw(st.integers(0, 99))))
    return steps


def live(steps: list[tuple[bool, str, int]]) -> None:
    """Live through the steps, and look after each."""
    history = Ledger()
    for name, number in (("add_one", 0), ("add_one", 1), ("back_up", 0), ("drill", 0), ("edit_one", 0)):
        history.honestly(name, number)
    history.keep(0)
    nothing_is_better_than_it_is(history)
    for honest, name, number in steps:
        if honest:
            history.honestly(name, number)
        else:
            with suppress(NskeysError, ZeroDivisionError, IndexError, KeyError):
                ATTACKS[name](history, number)
        nothing_is_better_than_it_is(history)


@settings(max_examples=examples(6), deadline=None, suppress_health_check=list(HealthCheck))
@given(lives(6))
def test_a_handful_of_attacks_makes_nothing_better(steps: list[tuple[bool, str, int]]) -> None:
    live(steps)


@pytest.mark.slow
@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(lives(14))
def test_no_attack_makes_an_answer_or_a_trail_better_than_it_is(steps: list[tuple[bool, str, int]]) -> None:
    live(steps)

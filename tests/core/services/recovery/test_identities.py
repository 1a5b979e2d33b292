"""The recovery identity: made once, believed when it opened something, and nobody changes it unseen."""

import json
from collections.abc import Callable

import pytest

from nskeys.archive import cross_check
from nskeys.archive.age.identity_files import read_identity
from nskeys.archive.age.recipients import decrypt_by, encrypt_to, parse_recipient
from nskeys.errors import (
    Cancelled,
    IdentityNotProven,
    Locked,
    NewerVersion,
    PasswordRefused,
    PlanOutdated,
    RecoveryDamaged,
    SecretUnavailable,
)
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json
from nskeys.ports import Purpose, RecoveryRow, Stage
from nskeys.services.recovery.record import identity_file
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import IDENTITY_PASSWORD, NOBODY, PASSPHRASE, Server
from tests.fakes.sheets import split_among

PLAIN = b"the keys"


def _opens(server: Server, identity: RecoveryIdentity, password: str) -> bool:
    """Whether the file in the home and this password open what is encrypted to the identity."""
    file = identity_file(server.installation, identity)
    key = read_identity(file, SecretBytes.from_text(password), "")
    return decrypt_by(encrypt_to([parse_recipient(identity.recipient)], PLAIN), [key]) == PLAIN


def test_none_is_there_at_first(server: Server) -> None:
    recovery = server.services.recovery.show()
    assert not recovery
    assert recovery.recipients == ()


def test_it_is_made_under_a_password_and_kept(server: Server) -> None:
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    assert (plan.number, plan.replaces, plan.open_with_it) == (1, None, 0)
    report = server.make_identity()
    shown = server.restarted().services.recovery.show()
    assert shown.identities == (report.identity,)
    assert _opens(server, report.identity, IDENTITY_PASSWORD)
    line = json.loads(server.audit()[-1])
    assert (line["action"], line["subject"]) == ("identity-created", report.identity.recipient)
    assert line["details"] == {"kind": "person", "number": "1"}


def test_the_cmdb_and_the_files_hold_no_secret_half(server: Server) -> None:
    report = server.make_identity()
    with server.installation.cmdb.reading() as view:
        row = view.recovery_row()
    assert row is not None
    told = [row.text.encode(), identity_file(server.installation, report.identity)]
    told += [line.encode() for line in server.audit()]
    assert all(b"AGE-SECRET-KEY" not in data for data in told)
    assert all(IDENTITY_PASSWORD.encode() not in data for data in told)


def test_a_new_password_is_a_new_identity_and_the_one_before_is_remembered(server: Server) -> None:
    first = server.make_identity().identity
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    assert (plan.number, plan.replaces) == (2, first)
    second = server.make_identity("another one for us").identity
    recovery = server.services.recovery.show()
    assert recovery.recipients == (second.recipient,)
    assert second.recipient != first.recipient
    assert [(one.number, one.recipient) for one in recovery.earlier] == [(1, first.recipient)]
    named = recovery.named(first.recipient)
    assert named is not None
    assert named.number == 1
    assert '"action":"identity-replaced"' in server.audit()[-1]


def test_custodians_have_one_of_their_own_beside_it(server: Server) -> None:
    person = server.make_identity().identity
    custodians = server.make_identity("00" * 16, IdentityKind.CUSTODIANS, 5, 3).identity
    recovery = server.services.recovery.show()
    assert recovery.identities == (person, custodians)
    assert (custodians.number, custodians.shares, custodians.threshold) == (1, 5, 3)
    assert _opens(server, custodians, "00" * 16)
    again = server.make_identity("11" * 16, IdentityKind.CUSTODIANS, 3, 2).identity
    assert server.services.recovery.show().identities == (person, again)
    assert _opens(server, person, IDENTITY_PASSWORD)


@pytest.mark.parametrize("split", [(0, 0), (1, 1), (5, 1), (3, 5), (17, 3)])
def test_a_split_that_cannot_be_is_no_plan(server: Server, split: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="split"):
        server.services.recovery.plan(IdentityKind.CUSTODIANS, *split)
    with pytest.raises(ValueError, match="split"):
        server.services.recovery.plan(IdentityKind.PERSON, 5, 3)


def test_passwords_that_cannot_be_used_are_asked_for_again(server: Server) -> None:
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: ["", "x" * 2_000, "it will do"]})
    report = server.services.recovery.execute(plan, answers)
    assert _opens(server, report.identity, "it will do")
    assert [request.number for request, _ in answers.asked] == [1, 1, 1]
    assert not any(answers.given), "every password was wiped"
    with pytest.raises(SecretUnavailable):
        server.services.recovery.execute(server.services.recovery.plan(IdentityKind.PERSON), Answers())


def test_the_passphrase_of_the_key_store_is_no_password_for_it(memory: MemoryServer) -> None:
    server = MemorySite().server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    with pytest.raises(PasswordRefused) as raised:
        server.services.recovery.execute(plan, Answers({Purpose.NEW_IDENTITY_PASSWORD: [PASSPHRASE]}))
    assert raised.value.reason == "opens_key_store"


def test_one_that_the_second_reader_does_not_open_is_not_believed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server.everything()
    monkeypatch.setattr(cross_check, "second_opinion", lambda *given: "failed payload")
    with pytest.raises(IdentityNotProven):
        server.make_identity()
    assert server.everything() == before


def test_a_plan_is_for_what_it_saw(server: Server) -> None:
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    server.make_identity()
    before = server.everything()
    with pytest.raises(PlanOutdated):
        server.services.recovery.execute(plan, Answers({Purpose.NEW_IDENTITY_PASSWORD: ["another"]}))
    assert server.everything() == before


def test_it_waits_for_nobody_and_stops_when_told(server: Server) -> None:
    plan = server.services.recovery.plan(IdentityKind.PERSON)
    before = server.everything()

    class Stops:
        def stage(self, stage: Stage, total: int | None = None) -> None: ...
        def advance(self, count: int = 1) -> None: ...
        def place(self, address: str, stage: object, failed: bool = False) -> None: ...
        def proved(self, rows: object, failed: object) -> None: ...
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        server.services.recovery.execute(
            plan, Answers({Purpose.NEW_IDENTITY_PASSWORD: ["another"]}), Stops()
        )
    with server.installation.lock.hold("making a backup"), pytest.raises(Locked):
        server.services.recovery.execute(plan, Answers({Purpose.NEW_IDENTITY_PASSWORD: ["another"]}))
    assert server.everything() == before


# --- behind our back ---------------------------------------------------------------------------------

Tamper = Callable[[MemoryServer], None]


def _edit(change: Callable[[dict[str, object]], None]) -> Tamper:
    """Somebody edits the record, in its one spelling."""

    def tamper(server: MemoryServer) -> None:
        row = server.cmdb.state.recovery
        assert row is not None
        told = json.loads(row.text)
        change(told)
        _put(server, RecoveryRow(canonical_json(told).decode(), row.signature))

    return tamper


def _put(server: MemoryServer, row: RecoveryRow | None) -> None:
    """Somebody writes this record into the database."""
    state = server.cmdb.state.copy()
    state.recovery = row
    server.cmdb.state = state


def _recipient(told: dict[str, object]) -> None:
    told["identities"][0]["recipient"] = "age1" + "q" * 58  # type: ignore[index]


def _waits(told: dict[str, object]) -> None:
    """What nobody proved is in force."""
    told["identities"], told["waiting"] = [*told["identities"], told["waiting"]], None  # type: ignore[misc]


def _unsigned(server: MemoryServer) -> None:
    row = server.cmdb.state.recovery
    assert row is not None
    _put(server, RecoveryRow(row.text, bytes(64)))


def _no_file(server: MemoryServer) -> None:
    server.identity_files.files.clear()


def _other_file(server: MemoryServer) -> None:
    server.identity_files.files = {name: data + b"x" for name, data in server.identity_files.files.items()}


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (_edit(_recipient), "not_signed"),
        (_unsigned, "not_signed"),
        (_edit(lambda told: told.update(server_key="ab" * 32)), "other_server"),
        (lambda server: _put(server, RecoveryRow("{", bytes(64))), "not_canonical"),
        (_no_file, "identity_missing"),
        (_other_file, "identity_changed"),
    ],
)
def test_what_was_changed_behind_our_back_is_said(
    memory: MemoryServer, tamper: Tamper, problem: str
) -> None:
    memory.make_identity()
    tamper(memory)
    for use in (memory.services.recovery.show, memory.make_identity):
        with pytest.raises(RecoveryDamaged) as raised:
            use()
        assert raised.value.problem == problem


def test_a_newer_record_is_said_to_be_newer(memory: MemoryServer) -> None:
    memory.make_identity()
    _edit(lambda told: told.update(version=9))(memory)
    with pytest.raises(NewerVersion):
        memory.services.recovery.show()


def test_another_server_s_identity_is_not_taken(site_pair: tuple[MemoryServer, MemoryServer]) -> None:
    ours, theirs = site_pair
    theirs.make_identity()
    _put(ours, theirs.cmdb.state.recovery)
    ours.identity_files.files = dict(theirs.identity_files.files)
    with pytest.raises(RecoveryDamaged) as raised:
        ours.services.recovery.show()
    assert raised.value.problem == "other_server"


@pytest.fixture
def site_pair() -> tuple[MemoryServer, MemoryServer]:
    """Two servers that know nothing of one another."""
    servers = (MemorySite().server(), MemorySite().server())
    for server in servers:
        server.set_up()
    return servers


def test_nobody_puts_an_identity_that_waits_in_force(memory: MemoryServer) -> None:
    split_among(memory)
    _edit(_waits)(memory)
    with pytest.raises(RecoveryDamaged) as found:
        memory.services.recovery.show()
    assert found.value.problem == "not_signed"


def test_a_record_that_was_removed_is_told_and_comes_back_from_the_home(memory: MemoryServer) -> None:
    made = memory.make_identity().identity
    _put(memory, None)
    with pytest.raises(RecoveryDamaged) as damaged:
        memory.services.recovery.show()
    assert damaged.value.problem == "not_the_last"
    memory.accept()
    assert memory.services.recovery.show().identities == (made,)


def test_files_of_identities_that_are_not_in_force_are_removed_and_never_replaced(
    memory: MemoryServer,
) -> None:
    first = memory.make_identity().identity
    assert set(memory.identity_files.files) == {first.sha256}
    second = memory.make_identity("another one for us").identity
    memory.services.register.check(NOBODY)
    assert set(memory.identity_files.files) == {second.sha256}

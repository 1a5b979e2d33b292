"""The recovery identity: made once, believed when it opened something, and nobody changes it unseen."""

import json
from collections.abc import Callable
from pathlib import Path

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
from nskeys.ports import Purpose, Stage
from tests.fakes.fixed import Answers
from tests.fakes.memory_files import MemoryRecovery
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import IDENTITY_PASSWORD, PASSPHRASE, Server

PLAIN = b"the keys"


def _opens(server: Server, identity: RecoveryIdentity, password: str) -> bool:
    """Whether the file in the home and this password open what is encrypted to the identity."""
    (file,) = server.installation.recovery.candidates(identity.member)
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
    record = server.installation.recovery.record()
    assert record is not None
    told = [record, *server.installation.recovery.candidates(report.identity.member)]
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

Tamper = Callable[[MemoryRecovery], None]


def _edit(change: Callable[[dict[str, object]], None]) -> Tamper:
    """Somebody edits the record, in its one spelling."""

    def tamper(store: MemoryRecovery) -> None:
        assert store.kept is not None
        told = json.loads(store.kept)
        change(told)
        store.kept = canonical_json(told) + b"\n"

    return tamper


def _recipient(told: dict[str, object]) -> None:
    told["record"]["identities"][0]["recipient"] = "age1" + "q" * 58  # type: ignore[index]


def _server(told: dict[str, object]) -> None:
    told["record"]["server_key"] = "ab" * 32  # type: ignore[index]


def _version(told: dict[str, object]) -> None:
    told["record"]["version"] = 9  # type: ignore[index]


def _garbage(store: MemoryRecovery) -> None:
    store.kept = b"{"


def _gone(store: MemoryRecovery) -> None:
    store.kept = None


def _no_file(store: MemoryRecovery) -> None:
    store.files.clear()


def _other_file(store: MemoryRecovery) -> None:
    store.files["identity.age"] += b"x"


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (_edit(_recipient), "not_signed"),
        (_edit(lambda progress: progress.update(sig="A" * 86)), "not_signed"),
        (_edit(_server), "other_server"),
        (_garbage, "not_canonical"),
        (_gone, "record_missing"),
        (_no_file, "identity_missing"),
        (_other_file, "identity_changed"),
    ],
)
def test_what_was_changed_behind_our_back_is_said(
    memory: MemoryServer, tamper: Tamper, problem: str
) -> None:
    memory.make_identity()
    tamper(memory.recovery)
    for use in (memory.services.recovery.show, memory.make_identity):
        with pytest.raises(RecoveryDamaged) as raised:
            use()
        assert raised.value.problem == problem


def test_a_newer_record_is_said_to_be_newer(memory: MemoryServer) -> None:
    memory.make_identity()
    _edit(_version)(memory.recovery)
    with pytest.raises(NewerVersion):
        memory.services.recovery.show()


def test_another_server_s_identity_is_not_taken(site_pair: tuple[MemoryServer, MemoryServer]) -> None:
    ours, theirs = site_pair
    theirs.make_identity()
    ours.recovery.kept, ours.recovery.files = theirs.recovery.kept, dict(theirs.recovery.files)
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


def test_where_its_folder_was_moved_away_the_next_has_a_number_of_its_own(memory: MemoryServer) -> None:
    memory.make_identity()
    memory.make_identity("another one for us")
    memory.recovery.kept, memory.recovery.files = None, {}
    assert not memory.services.recovery.show()
    assert memory.make_identity("a third one").identity.number == 3


def test_an_older_identity_that_was_put_back_is_not_the_one_in_force(memory: MemoryServer) -> None:
    memory.make_identity()
    (old,) = memory.recovery.candidates("identity.age")
    memory.make_identity("another one for us")
    memory.recovery.files["identity.age"] = old
    with pytest.raises(RecoveryDamaged) as raised:
        memory.services.recovery.show()
    assert raised.value.problem == "identity_changed"
    assert Path(raised.value.path).name == "identity.age"

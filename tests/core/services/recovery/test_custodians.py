"""Custodians: what is split waits until every share was proven; what was never proven never counts."""

import json
from dataclasses import replace

import pytest

from nskeys.archive.age.identity_files import read_identity
from nskeys.archive.age.recipients import decrypt_by, encrypt_to, parse_recipient
from nskeys.crypto.signing import verify
from nskeys.crypto.slip39 import combine, parse, split
from nskeys.errors import (
    Cancelled,
    IdentityNotProven,
    Locked,
    NoCustodians,
    PlanOutdated,
    RecoveryDamaged,
    ShareRefused,
    SharesDisagree,
    SharesIncomplete,
    SplitRefused,
)
from nskeys.model.custodians import Custodians
from nskeys.model.recovery import RecoveryIdentity
from nskeys.model.secret import SecretBytes
from nskeys.ports import SilentProgress, Stage
from nskeys.services.passwords.shares import password_of
from nskeys.services.recovery import record
from nskeys.services.recovery.record import identity_file
from tests.core.crypto.test_slip39 import forged
from tests.fakes.dying import Life, every_death
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import IDENTITY_PASSWORD, Server
from tests.fakes.sheets import Sheets, check, nobody_here, split_among, texts_of


def opens(server: Server, identity: RecoveryIdentity, texts: list[str]) -> bool:
    """Whether these shares open what is encrypted to the identity, by its file in the home."""
    secret = combine([parse(SecretBytes(text.encode())) for text in texts])
    file = identity_file(server.installation, identity)
    key = read_identity(file, password_of(secret), "")
    return decrypt_by(encrypt_to([parse_recipient(identity.recipient)], b"keys"), [key]) == b"keys"


def test_none_are_there_at_first(server: Server) -> None:
    assert server.services.custodians.show() == Custodians()
    with pytest.raises(NoCustodians):
        check(server, [])


def test_a_split_waits_and_is_no_recipient(server: Server) -> None:
    plan = server.services.custodians.plan(5, 3)
    assert (plan.number, plan.shares, plan.threshold, plan.replaces, plan.drops) == (1, 5, 3, None, None)
    made, texts = split_among(server)
    assert len(texts) == len(set(texts)) == 5
    assert (made.facts.set_name, made.facts.number) == (made.shares.held[0].label.set_name, 1)
    state = server.restarted().services.custodians.show()
    assert state.in_force is None
    assert state.waiting is not None
    assert (state.waiting.shares, state.waiting.threshold, state.waiting.set_name) == (
        5,
        3,
        made.facts.set_name,
    )
    assert server.services.recovery.show().recipients == ()


def test_the_first_screen_knows_that_shares_wait_for_their_proof(server: Server) -> None:
    def unproven() -> int:
        return server.services.recoverability.overview().unproven_shares

    assert unproven() == 0
    _, texts = split_among(server)
    assert unproven() == 5
    check(server, texts)
    assert unproven() == 0
    split_among(server, 3, 2)
    assert unproven() == 3


def test_one_look_checks_the_signature_of_each_record_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, texts = split_among(server)
    check(server, texts)
    checked: list[str] = []

    def counted(public: bytes, label: str, document: bytes, signature: bytes) -> bool:
        checked.append(label)
        return verify(public, label, document, signature)

    monkeypatch.setattr(record, "verify", counted)
    server.services.recoverability.overview()
    assert checked == ["recovery"]


def test_it_is_in_force_once_every_share_was_proven(server: Server) -> None:
    person = server.make_identity().identity
    _, texts = split_among(server)
    report = check(server, texts)
    assert report.first
    assert report.replaced is None
    recovery = server.restarted().services.recovery.show()
    assert recovery.identities == (person, report.identity)
    assert server.services.custodians.show().waiting is None
    for some in (texts[:3], texts[2:], [texts[0], texts[2], texts[4]]):
        assert opens(server, report.identity, some)
    lines = [json.loads(line) for line in server.audit()[-2:]]
    assert [line["action"] for line in lines] == ["custodians-split", "custodians-checked"]
    assert lines[0]["details"] == {"number": "1", "shares": "5", "threshold": "3"}


def test_no_share_and_no_password_is_kept_anywhere(server: Server) -> None:
    made, texts = split_among(server)
    secret = combine(made.shares.held)
    check(server, texts)
    kept = [line.encode() for line in server.audit()]
    with server.installation.cmdb.reading() as view:
        row = view.recovery_row()
    in_force = server.services.custodians.show().in_force
    assert row is not None
    assert in_force is not None
    kept += [row.text.encode(), identity_file(server.installation, in_force)]
    for data in kept:
        assert secret.reveal() not in data
        assert secret.reveal().hex().encode() not in data
        for text in texts:
            assert text.split(" ", 4)[4].encode() not in data


@pytest.mark.parametrize("left_out", range(5))
def test_four_of_five_are_no_proof_of_every_share(server: Server, left_out: int) -> None:
    _, texts = split_among(server)
    with pytest.raises(SharesIncomplete):
        check(server, [text for number, text in enumerate(texts) if number != left_out])
    assert server.services.recovery.show().recipients == ()


def test_a_sheet_that_was_copied_wrongly_keeps_it_waiting(server: Server) -> None:
    _, texts = split_among(server)
    wrong = texts[3].rsplit(" ", 1)[0] + " academic"
    with pytest.raises(ShareRefused) as refused:
        check(server, [*texts[:3], wrong])
    assert refused.value.reason == "checksum"
    assert server.services.custodians.show().in_force is None
    assert check(server, [*texts[:3], wrong, texts[3], texts[4]]).first


def test_an_altered_share_is_named(server: Server) -> None:
    made, texts = split_among(server)
    altered = forged(made.shares.held[4]).words.text()
    with pytest.raises(SharesDisagree) as found:
        check(server, [*texts[:4], altered])
    assert found.value.suspects == (5,)


def test_a_sheet_of_another_set_is_refused_at_once(server: Server) -> None:
    _, old = split_among(server)
    _, new = split_among(server)
    sheets = Sheets(old[0], *new)
    assert server.services.custodians.check(sheets).first
    refused = [request.refused.reason if request.refused else "" for request, _ in sheets.asked]
    assert refused == ["", "other_set", "", "", "", ""]
    with pytest.raises(ShareRefused):
        check(server, old[:1])


def test_new_sheets_replace_old_ones_only_when_they_were_proven(server: Server) -> None:
    _, first = split_among(server)
    before = check(server, first).identity
    plan = server.services.custodians.plan(3, 2)
    assert (plan.number, plan.replaces) == (2, before)
    made, second = split_among(server, 3, 2)
    state = server.services.custodians.show()
    assert state.in_force == before
    assert state.waiting is not None
    assert made.facts.set_name != before.set_name
    assert server.services.recovery.show().recipients == (before.recipient,)
    report = check(server, second)
    assert report.replaced == before
    state = server.services.custodians.show()
    assert state.in_force == report.identity
    assert [(one.number, one.recipient) for one in state.earlier] == [(1, before.recipient)]


def test_a_split_that_nobody_proved_is_dropped_by_the_next(server: Server) -> None:
    first, texts = split_among(server)
    plan = server.services.custodians.plan(5, 3)
    assert plan.drops is not None
    assert (plan.drops.set_name, plan.number) == (first.facts.set_name, 2)
    split_among(server)
    with pytest.raises(ShareRefused):
        check(server, texts)


def test_the_person_s_identity_stays_when_it_changes_meanwhile(server: Server) -> None:
    _, texts = split_among(server)
    person = server.make_identity(IDENTITY_PASSWORD).identity
    report = check(server, texts)
    assert server.services.recovery.show().identities == (person, report.identity)


def test_what_is_in_force_can_be_proven_again(server: Server) -> None:
    _, texts = split_among(server)
    identity = check(server, texts).identity
    again = check(server, texts)
    assert (again.identity, again.first) == (identity, False)
    assert '"action":"custodians-checked"' in server.audit()[-1]


@pytest.mark.parametrize("numbers", [(5, 1), (17, 3), (2, 3)])
def test_numbers_that_no_split_has(server: Server, numbers: tuple[int, int]) -> None:
    with pytest.raises(SplitRefused):
        server.services.custodians.plan(*numbers)


def test_a_plan_that_is_outdated(server: Server) -> None:
    plan = server.services.custodians.plan(5, 3)
    split_among(server)
    with pytest.raises(PlanOutdated):
        server.services.custodians.split(plan, nobody_here)


def test_a_split_that_is_cancelled_changes_nothing(server: Server) -> None:
    class Stopping(SilentProgress):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            self.now = stage

        def checkpoint(self) -> None:
            if self.now is Stage.TRYING_IDENTITY:
                raise Cancelled

    before = server.everything()
    with pytest.raises(Cancelled):
        server.services.custodians.split(server.services.custodians.plan(5, 3), nobody_here, Stopping())
    assert server.everything() == before
    assert server.services.custodians.show() == Custodians()


# --- behind our back ------------------------------------------------------------------------------------


def test_nobody_lets_custodians_prove_another_identity(memory: MemoryServer) -> None:
    _, texts = split_among(memory)
    other = MemorySite().server()
    other.set_up()
    split_among(other)
    (ours,), (theirs,) = memory.identity_files.files, other.identity_files.files.values()
    memory.identity_files.files = {ours: theirs}
    with pytest.raises(RecoveryDamaged):
        check(memory, texts)
    plan = memory.services.custodians.plan(5, 3)  # what waits is damaged: a new split goes on
    memory.services.custodians.split(plan, nobody_here).shares.wipe()
    assert memory.services.custodians.show().waiting is not None


def test_a_file_that_does_not_open_is_said(memory: MemoryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    _, texts = split_among(memory)
    monkeypatch.setattr(
        "nskeys.services.recovery.custodians.password_of", lambda secret: SecretBytes(b"0" * 32)
    )
    with pytest.raises(IdentityNotProven):
        check(memory, texts)


@pytest.mark.slow
def test_killed_anywhere_a_check_is_done_or_can_be_done_again() -> None:
    texts: list[str] = []
    here: list[MemoryServer] = []

    def prepared() -> MemoryServer:
        server = MemorySite().server()
        server.set_up()
        texts[:] = split_among(server)[1]
        here[:] = [server]
        return server

    def act(life: Life) -> None:
        check(prepared().with_life(life), texts)
        assert here[0].restarted().services.custodians.show().in_force is not None

    def survive(_: Life) -> None:
        server = here[0].restarted()
        server.services.recovery.show()
        assert check(server, texts).identity == server.services.custodians.show().in_force

    assert every_death(act, survive)


@pytest.mark.slow
def test_killed_anywhere_a_split_leaves_what_was_in_force() -> None:
    here: list[MemoryServer] = []
    proven: list[RecoveryIdentity] = []

    def prepared() -> MemoryServer:
        server = MemorySite().server()
        server.set_up()
        proven[:] = [check(server, split_among(server)[1]).identity]
        here[:] = [server]
        return server

    def act(life: Life) -> None:
        split_among(prepared().with_life(life), 3, 2)

    def survive(_: Life) -> None:
        server = here[0].restarted()
        assert server.services.custodians.show().in_force == proven[0]
        assert check(server, split_among(server, 3, 2)[1]).replaced == proven[0]

    assert every_death(act, survive)


def test_shares_are_wiped_where_a_split_fails(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[SecretBytes] = []

    def watched(*given: object, **named: object) -> object:
        shares = split(*given, **named)  # type: ignore[arg-type]  # passed on as they came
        made.extend(share.words for share in shares)
        return shares

    monkeypatch.setattr("nskeys.services.recovery.custodians.split", watched)
    plan = memory.services.custodians.plan(5, 3)
    with memory.installation.lock.hold("something"), pytest.raises(Locked):
        memory.services.custodians.split(replace(plan), nobody_here)
    assert [len(words) for words in made] == [0] * 5


def test_the_caller_gets_the_shares_and_wipes_them(memory: MemoryServer) -> None:
    made, texts = split_among(memory)
    assert texts_of(made.shares.held) == texts
    with made.shares:
        pass
    assert made.shares.held == []


def test_only_shares_are_asked_for(memory: MemoryServer) -> None:
    made, texts = split_among(memory)
    sheets = Sheets(*texts)
    memory.services.custodians.check(sheets)
    assert [request.gathered.given for request, _ in sheets.asked][-1] == (1, 2, 3, 4)
    assert all(request.gathered.every for request, _ in sheets.asked)
    assert {request.gathered.set_name for request, _ in sheets.asked} == {made.facts.set_name}
    assert [len(text) for text in sheets.gave] == [0] * 5

"""The server key: replaced on a live server, and a key that somebody else may know."""

import pytest

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, verify
from nskeys.errors import BackupForeign, KeyIsActive, NoSuchKey
from nskeys.model.findings import FindingKind
from nskeys.model.keys import KeyState
from nskeys.model.register import Proof
from nskeys.model.statements import StatementKind, document_of
from nskeys.ports import Purpose
from nskeys.services.open_backup import find_source
from nskeys.services.register.predecessors import statements
from nskeys.services.status.findings import findings_of
from nskeys.wording.errors import say
from nskeys.wording.findings import finding_sentence
from tests.fakes.fixed import Answers
from tests.fakes.servers import NOBODY, PASSPHRASE, Server, Site


def drilled_backup(server: Server) -> str:
    """A backup of one credential that a person drilled."""
    server.add("one", "secret 1")
    address = server.back_up().copy.address
    server.drill(address)
    return address


def test_a_replaced_server_key_counts_up_to_there_and_loses_nothing(server: Server) -> None:
    address = drilled_backup(server)
    server.make_identity()
    old, states = server.installation.server_public(), server.states()
    assert old is not None
    with server.installation.cmdb.reading() as view:
        last = view.number
    report = server.services.server_key.replace(NOBODY)
    public = server.installation.server_public()
    assert public not in (None, old)
    assert report.server_key == server_thumbprint(public or b"")
    assert [(one.server_key, one.upto) for one in report.predecessors] == [(server_thumbprint(old), last)]
    assert (server.states(), server.counts()) == (states, (1, 0, 0))
    [copy] = server.services.register.copies()
    assert (copy.signed, copy.proof) == (True, Proof.CREDENTIALS_OPEN)
    assert all(entry.signed for entry in server.services.diary.read().entries)
    assert len(server.services.recovery.show().identities) == 1
    assert server.services.audit.verify().whole
    server.restore(address, confirmed=False)  # which the register knows
    assert server.secrets() == {"run-as/one": "secret 1"}
    server.back_up()


def test_the_key_before_signs_the_statement_too(server: Server) -> None:
    with server.installation.key_store.unlock(NOBODY) as keys:
        old = public_of(keys.server_key())
    server.services.server_key.replace(NOBODY)
    with server.installation.cmdb.reading() as view:
        [(row, told)] = statements(view, server.installation.server_public() or b"")
    assert (row.label, told.kind) == ("replaced", StatementKind.REPLACED)
    assert told.cross_signature is not None
    assert verify(old, "replaced", document_of(told), told.cross_signature)
    server.services.server_key.replace(NOBODY)
    assert [one.kind for one in server.services.server_key.show().statements] == [
        StatementKind.REPLACED
    ] * 2
    assert len(server.services.server_key.show().predecessors) == 2


def test_what_the_key_before_signs_afterwards_is_asked_about_as_foreign(server: Server, site: Site) -> None:
    """Somebody has a copy of the whole machine of the day before, and goes on with it."""
    drilled_backup(server)
    thief = site.with_database_of(server)
    thief.restore(server.services.register.copies()[0].address)
    later = thief.back_up().copy.address
    server.services.server_key.replace(NOBODY)
    with pytest.raises(BackupForeign) as raised:
        server.restore(later, confirmed=False)
    assert raised.value.reasons == ("other_signer",)
    with pytest.raises(BackupForeign):
        server.services.register.add(later, NOBODY)


def test_a_backup_of_the_old_key_that_nobody_registered_is_asked_about(server: Server, site: Site) -> None:
    address = drilled_backup(server)
    rows = server.backup_rows()
    server.services.server_key.replace(NOBODY)
    assert find_source(server.installation, address).facts is not None
    fresh = site.server()
    fresh.restore(address)
    assert len(rows) == 1
    with server.installation.cmdb.reading() as view:
        assert [row.label for row in view.statements()] == ["replaced"]


def test_under_a_passphrase_it_is_asked_for_once(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    before = server.services.protection.show()
    answers = Answers({Purpose.PASSPHRASE: [PASSPHRASE]})
    server.services.server_key.replace(answers)
    after = server.services.protection.show()
    assert [request.purpose for request, _ in answers.asked] == [Purpose.PASSPHRASE]
    assert (after.protector, after.store_id == before.store_id) == ("passphrase", False)
    with server.installation.key_store.unlock(Answers({Purpose.PASSPHRASE: [PASSPHRASE]})) as keys:
        assert public_of(keys.server_key()) == server.installation.server_public()


# --- a key that somebody else may know ------------------------------------------------------------


def test_the_active_key_is_rotated_first(server: Server) -> None:
    server.add("one", "secret 1")
    old = server.active()
    with pytest.raises(KeyIsActive) as raised:
        server.services.compromise.execute(old[:8], NOBODY)
    assert "another one has to take its place first" in say(raised.value).what
    with pytest.raises(NoSuchKey):
        server.services.compromise.execute("zz", NOBODY)
    server.rotate(without_backup=True)
    marked = server.services.compromise.execute(old[:8], NOBODY)
    assert (marked.kid, marked.state) == (old, KeyState.COMPROMISED)
    assert server.states()[old] is KeyState.COMPROMISED
    assert '"action":"key-compromised"' in server.audit()[-1]
    lines = len(server.audit())
    server.services.compromise.execute(old, NOBODY)
    assert len(server.audit()) == lines, "nothing is left to be done"


def test_it_opens_what_is_there_and_status_warns_while_rows_lie_under_it(
    server: Server, site: Site
) -> None:
    server.add("one", "secret 1")
    address = server.back_up().copy.address
    other = site.with_database_of(server)
    other.services.set_up.execute("file", NOBODY, other.settings(), accept_loss=1)
    other.restore(address)
    kid = server.active()
    assert other.states()[kid] is KeyState.DEACTIVATED
    other.services.compromise.execute(kid, NOBODY)
    assert other.secrets() == {"run-as/one": "secret 1"}
    overview = other.services.recoverability.overview()
    [finding] = [one for one in findings_of(overview) if one.kind is FindingKind.COMPROMISED_IN_USE]
    assert (finding.keys, finding.count) == ((kid,), 1)
    said = finding_sentence(finding, other.clock.now())
    assert said == f"1 credential sealed under compromised keys ({kid[:8]}); rotate the key."
    other.rotate(without_backup=True)
    after = findings_of(other.services.recoverability.overview())
    assert FindingKind.COMPROMISED_IN_USE not in {one.kind for one in after}


def test_a_restore_never_makes_it_seal_again(server: Server) -> None:
    server.add("one")
    old = server.active()
    address = server.back_up().copy.address
    server.rotate(without_backup=True)
    server.services.compromise.execute(old, NOBODY)
    server.restore(address)
    assert server.states()[old] is KeyState.COMPROMISED

"""A restore on new hardware makes a new server key: what counts afterwards, and what does not."""

import hashlib
import json
from dataclasses import replace

import pytest

from nskeys.archive.canonical_zip import build, split
from nskeys.archive.manifest import manifest_bytes
from nskeys.crypto.keys import server_thumbprint
from nskeys.errors import (
    BackupForeign,
    BackupForged,
    ChangeWaits,
    RecipientRefused,
    RecoveryDamaged,
)
from nskeys.model.audit import next_digest
from nskeys.model.backup import KMS_NAME, MANIFEST_NAME, READER_NAME, RESTORE_NAME, MemberFact
from nskeys.model.register import Proof
from nskeys.model.statements import StatementKind
from nskeys.ports import Purpose
from nskeys.services.open_backup import find_source
from nskeys.services.recovery.record import identity_file
from nskeys.services.register.predecessors import server_keys, statements
from nskeys.wording.errors import say
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemorySite
from tests.fakes.servers import NOBODY, PASSWORD, Server, Site


def thumbprint_of(server: Server) -> str:
    """The server key on the runbook."""
    public = server.installation.server_public()
    assert public is not None
    return server_thumbprint(public)


def number_of(server: Server) -> int:
    """The number of the last change."""
    with server.installation.cmdb.reading() as view:
        return view.number


def key_backup(server: Server) -> str:
    """A backup of two credentials that a person drilled."""
    server.add("one", "secret 1")
    server.add("two", "secret 2")
    address = server.back_up().copy.address
    server.drill(address)
    return address


# --- what the predecessor signed ------------------------------------------------------------------


def test_what_the_predecessor_signed_is_signed_anew_and_counts(server: Server, site: Site) -> None:
    address = key_backup(server)
    older, before = thumbprint_of(server), number_of(server)
    fresh = site.with_database_of(server)
    fresh.restore(address, confirmed=older)
    assert thumbprint_of(fresh) != older
    [copy] = fresh.services.register.copies()
    assert (copy.signed, copy.proof, copy.backup.server_key) == (True, Proof.CREDENTIALS_OPEN, older)
    assert fresh.counts() == (0, 2, 0), "its inventory was counted anew, so another copy is due"
    fresh.copy_database()
    assert fresh.counts() == (2, 0, 0)
    assert all(entry.signed for entry in fresh.services.diary.read().entries)
    [predecessor] = server_keys(fresh.installation).predecessors
    assert (predecessor.server_key, predecessor.upto) == (older, before)
    assert fresh.services.audit.verify().whole
    facts = find_source(fresh.installation, fresh.back_up().copy.address).facts
    assert facts is not None
    assert facts.predecessors == (predecessor,)
    assert facts.number >= before + 1_000_000
    assert facts.server_key == thumbprint_of(fresh)


def test_a_row_that_somebody_wrote_counts_for_nothing_before_and_after(server: Server, site: Site) -> None:
    address = key_backup(server)
    [row] = server.backup_rows()
    forged = json.loads(row.body)
    forged["address"] = "sftp://vault99/b.zip"
    body = json.dumps(forged, separators=(",", ":"), sort_keys=True)
    fresh = site.with_database_of(server)
    fresh.forge_backups([row, replace(row, address=forged["address"], body=body)])
    fresh.restore(address)
    signed = {copy.address: (copy.signed, copy.proof) for copy in fresh.services.register.copies()}
    assert signed[address] == (True, Proof.CREDENTIALS_OPEN)
    assert signed["sftp://vault99/b.zip"] == (False, Proof.RECORDED)


def test_the_same_server_key_is_confirmed_on_each_machine_and_the_chain_goes_on(
    server: Server, site: Site
) -> None:
    address = key_backup(server)
    first = thumbprint_of(server)
    second = site.with_database_of(server)
    second.restore(address)
    again = second.back_up().copy.address
    third = site.with_database_of(second)
    third.restore(again, confirmed=thumbprint_of(second))
    named = [before.server_key for before in server_keys(third.installation).predecessors]
    assert named == [thumbprint_of(second), first]
    assert {copy.signed for copy in third.services.register.copies()} == {True}


def test_rows_of_a_register_that_does_not_fit_its_checkpoint_are_not_signed_anew(
    server: Server, site: Site
) -> None:
    """An older row that the predecessor signed was put back: the checkpoint names another one."""
    address = key_backup(server)
    older = server.register_rows()
    server.services.register.retire(server.services.register.plan_retire(address), NOBODY)
    fresh = site.with_database_of(server)
    fresh.forge_register(older)
    fresh.restore(address)
    [copy] = fresh.services.register.copies()
    assert (copy.signed, copy.proof, copy.drilled_rows) == (True, Proof.CREDENTIALS_OPEN, 2)
    other = site.with_database_of(server)
    second = server.back_up().copy.address
    other.forge_register(older)
    other.restore(second)
    assert {one.address: one.signed for one in other.services.register.copies()} == {
        address: False,
        second: True,
    }


# --- what vouches ---------------------------------------------------------------------------------


def test_a_database_whose_signature_was_deleted_is_no_reason_to_trust() -> None:
    site = MemorySite()
    server = site.server()
    server.set_up()
    address = key_backup(server)
    fresh = site.with_database_of(server)
    fresh.cmdb.state.checkpoint = None
    with pytest.raises(BackupForeign) as raised:
        fresh.restore(address, confirmed=False)
    assert "nothing on this machine tells whose server key signed it" in say(raised.value).what
    assert thumbprint_of(server) in say(raised.value).what
    assert not fresh.installation.key_store.exists()
    fresh.restore(address, confirmed=thumbprint_of(server))
    assert fresh.secrets() == server.secrets()


def test_every_backup_is_asked_about_where_no_server_key_is_and_none_where_it_is(
    server: Server, site: Site
) -> None:
    server.make_identity()
    server.add("one")
    to_a_person, under_password = server.back_up_to().copy.address, _under_a_password(server)
    for fresh in (site.server(), site.with_database_of(server)):
        with pytest.raises(BackupForeign) as by_password:
            fresh.restore(under_password, confirmed=False)
        with pytest.raises(BackupForeign) as by_recipients:
            fresh.restore_by(to_a_person, confirmed=False)
        assert by_password.value.reasons == by_recipients.value.reasons == ("not_vouched",)
        assert not fresh.installation.key_store.exists()
    server.restore(under_password, confirmed=False)
    server.restore_by(to_a_person, confirmed=False)


def _under_a_password(server: Server) -> str:
    plan = server.services.backup.plan(server.vault, password=True)
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})
    return server.services.backup.execute(plan, answers).copy.address


def test_an_invented_line_of_a_restore_explains_nothing_and_the_signed_statement_does() -> None:
    site = MemorySite()
    server = site.server()
    server.set_up()
    older = site.with_database_of(server)
    address = key_backup(server)
    # A database that went back, with a line that tells of a restore.
    server.cmdb.state = older.cmdb.state.copy()
    line = '{"action":"restored","time":"2030-01-01T00:00:00Z","details":{}}'
    [first] = server.cmdb.state.audit
    digest = next_digest(first.digest, line)
    server.cmdb.state.audit.append(first._replace(number=2, line=line, digest=digest))
    with pytest.raises(ChangeWaits):
        server.add("three")
    # The same older database on new hardware: the restore states from where on nothing is known.
    older.restore(address)
    verdict = older.services.audit.verify()
    assert (verdict.whole, verdict.contradicted_by, verdict.agreeing[0]) == (True, (), address)
    with older.installation.cmdb.reading() as view:
        [statement] = [one for _, one in statements(view, older.installation.server_public() or b"")]
    assert (statement.kind, statement.upto) == (StatementKind.RESTORED, 1)


def test_a_checkpoint_that_somebody_else_signed_names_no_predecessor(server: Server, site: Site) -> None:
    """The database of another server, planted with a checkpoint of its own: nothing of it counts."""
    address = key_backup(server)
    other = site.server()
    other.restore(address)
    other.add("theirs")
    fresh = site.with_database_of(other)
    fresh.restore(address)
    [predecessor] = server_keys(fresh.installation).predecessors
    assert (predecessor.server_key, predecessor.upto) == (thumbprint_of(server), 0)
    assert thumbprint_of(other) not in {
        one.server_key for one in server_keys(fresh.installation).predecessors
    }


def test_what_a_predecessor_signs_later_is_asked_about_and_not_registered(
    server: Server, site: Site
) -> None:
    address = key_backup(server)
    fresh = site.with_database_of(server)
    fresh.restore(address)
    server.add("three")
    later = server.back_up().copy.address
    with pytest.raises(BackupForeign) as raised:
        fresh.restore(later, confirmed=False)
    assert raised.value.reasons == ("replaced_signer",)
    assert "after that key was replaced" in say(raised.value).what
    with pytest.raises(BackupForeign) as added:
        fresh.services.register.add(later, NOBODY)
    assert added.value.reasons == ("replaced_signer",)
    fresh.restore(address, confirmed=False)  # which the register knows


# --- genuine facts around other keys --------------------------------------------------------------


def test_genuine_facts_around_other_keys_are_neither_inspected_nor_added(server: Server) -> None:
    address = key_backup(server)
    source = find_source(server.installation, address)
    manifest = source.inspected.manifest
    assert manifest is not None
    place = server.installation.destinations.at(server.installation.destinations.configured(server.vault))
    members = dict(split(place.read(address.rpartition("/")[2], 1 << 24)))
    kms = members[KMS_NAME][:-1] + bytes([members[KMS_NAME][-1] ^ 1])
    told = dict(manifest.members) | {KMS_NAME: MemberFact(hashlib.sha256(kms).hexdigest(), len(kms))}
    members |= {
        KMS_NAME: kms,
        MANIFEST_NAME: manifest_bytes(replace(manifest, members=tuple(told.items()))),
    }
    planted = place.publish(
        "other-keys.zip",
        build([(name, members[name]) for name in (RESTORE_NAME, READER_NAME, MANIFEST_NAME, KMS_NAME)]),
    )
    with pytest.raises(BackupForged) as raised:
        server.services.register.add(place.address_of(planted), NOBODY)
    assert "its signature does not hold: somebody made or changed it" in say(raised.value).what
    assert server.services.register.add(address, NOBODY).proof is Proof.CREDENTIALS_OPEN


# --- identities that were replaced ----------------------------------------------------------------


def test_a_recovery_record_that_was_rolled_back_gets_no_backup() -> None:
    site = MemorySite()
    server = site.server()
    server.set_up()
    server.add("one")
    first = server.make_identity().identity
    file, record = identity_file(server.installation, first), server.cmdb.state.recovery
    server.make_identity("another one for us")
    server.back_up_to()
    with pytest.raises(RecipientRefused) as refused:
        server.services.backup.plan(server.vault, recipients=(first.recipient,))
    assert "is a recovery identity of this server that was replaced" in say(refused.value).what
    server.cmdb.state.recovery = record
    server.installation.identity_files.write(file)
    with pytest.raises(RecoveryDamaged) as raised:
        server.back_up_to()
    assert "it is not the record that the last change left here" in say(raised.value).what


def test_an_identity_that_the_newest_backup_names_gets_the_next_one(server: Server) -> None:
    server.add("one")
    server.make_identity()
    server.make_identity("another one for us")
    server.back_up_to()
    assert server.back_up_to().copy.backup.generation == 2

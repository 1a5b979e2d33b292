"""Recovery identities on new hardware: those of this server come back, and nobody else's take their place.

Everybody who ever saw a backup to recipients can encrypt another one to them, with the true identity file
beside it. What tells it apart is who signed it.
"""

import hashlib
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.archive.age.identity_files import write_identity
from nskeys.archive.age.recipients import parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.writing import write_to
from nskeys.crypto.keys import KEY_SIZE, new_server_seed, server_thumbprint, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.errors import BackupForeign, ChangeWaits
from nskeys.model.backup import BackedUpKey, KeyFact
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose
from nskeys.services.open_backup import find_source
from tests.fakes.fixed import Answers
from tests.fakes.real_site import RealSite
from tests.fakes.servers import PASSWORD, Server, Site

ANOTHER = "another one for us"


def _a_stranger_s(server: Server, address: str) -> tuple[str, str]:
    """What somebody makes of a backup who can write to its destination and has no key: a newer one to its
    recovery identity, with a custodians' identity of their own. Its address, and their recipient."""
    source = find_source(server.installation, address)
    facts, seed, key = source.facts, new_server_seed(), SecretBytes(os.urandom(KEY_SIZE))
    assert facts is not None
    info = facts.keys[0].info._replace(kid=thumbprint(key))
    theirs = X25519Identity.new()
    file = write_identity(theirs, facts.created, SecretBytes(b"theirs alone"), 4)
    digest = hashlib.sha256(file).hexdigest()
    shared = RecoveryIdentity(IdentityKind.CUSTODIANS, 1, theirs.recipient, facts.created, digest, 3, 2)
    facts = replace(
        facts,
        server_key=server_thumbprint(public_of(seed)),
        server_public=public_of(seed),
        keys=(KeyFact(info, 1),),
        copy_keys=(),
        generation=facts.generation + 1,
        recipients=(*facts.recipients, theirs.recipient),
        identities=(*facts.identities, shared),
    )
    files = {**dict(source.inspected.identities), shared.member: file}
    once = parse_recipient(X25519Identity.new().recipient)
    archive = write_to(facts, [BackedUpKey(info, key)], seed, files, once)
    place = server.installation.destinations.at(server.installation.destinations.configured(server.vault))
    return place.address_of(place.publish("newer.zip", archive.data)), theirs.recipient


@pytest.fixture
def server(site: Site) -> Server:
    server = site.server()
    server.set_up()
    server.add("one")
    server.make_identity()
    return server


def test_a_stranger_s_backup_is_not_taken_for_this_server_s(site: Site, server: Server) -> None:
    genuine = server.back_up_to().copy.address
    forged, recipient = _a_stranger_s(server, genuine)
    assert server.drill_by(forged).foreign == ("other_signer",)
    fresh = site.with_database_of(server)
    assert fresh.drill_by(forged).foreign == ("not_vouched",)
    with pytest.raises(BackupForeign) as raised:
        fresh.restore_by(forged, confirmed=False)
    assert raised.value.reasons == ("not_vouched",)
    assert not fresh.installation.key_store.exists()
    runbook = server.services.runbook.collect().server_key
    with pytest.raises(BackupForeign) as named:
        fresh.restore_by(forged, confirmed=runbook)
    assert named.value.reasons == ("named_otherwise",)
    fresh.restore_by(genuine, confirmed=runbook)
    assert recipient not in fresh.services.recovery.show().recipients


def test_an_identity_that_was_replaced_since_is_not_put_in_force_again(site: Site, server: Server) -> None:
    first = server.services.recovery.show().identities[0]
    shared = server.make_identity("00" * 16, IdentityKind.CUSTODIANS, 3, 2).identity
    older = server.back_up_to().copy.address
    server.make_identity(ANOTHER)
    server.back_up_to()
    fresh = site.with_database_of(server)
    fresh.restore_by(older)
    recovery = fresh.services.recovery.show()
    assert recovery.identities == (shared,)
    # The second one's file is in no backup that was restored, so nothing is encrypted to it here.
    assert [one.number for one in recovery.earlier] == [2, 1]
    assert recovery.earlier[1].recipient == first.recipient
    assert not fresh.back_up_to().copy.by_a_person
    assert fresh.make_identity("a third one").identity.number == 3


def test_a_backup_under_a_password_since_replaces_no_identity(site: Site, server: Server) -> None:
    older = server.back_up_to().copy.address
    plan = server.services.backup.plan(server.vault, password=True)
    server.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    fresh = site.with_database_of(server)
    fresh.restore_by(older)
    assert fresh.services.recovery.show().identities == server.services.recovery.show().identities


@pytest.mark.parametrize("number", ["9007199254740991", "9" * 300, "-5", "none"])
def test_numbers_that_somebody_wrote_into_the_trail_keep_nobody_from_a_new_one_once_they_are_accepted(
    tmp_path: Path, number: str
) -> None:
    server = RealSite(tmp_path).server()
    server.set_up()
    server.make_identity()
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute(
            "UPDATE audit SET line = replace(line, ?, ?)", ('"number":"1"', f'"number":"{number}"')
        )
    with pytest.raises(ChangeWaits):
        server.make_identity(ANOTHER)
    server.accept()
    assert server.make_identity(ANOTHER).identity.number == 2

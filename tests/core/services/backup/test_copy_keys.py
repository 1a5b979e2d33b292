"""Copy keys: a new one at each change of who can open what; whoever opens a key backup has them all."""

import base64
import json

import pytest

from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.copy_key_jwk import copy_key_from_jwk, copy_key_to_jwk, new_copy_key
from nskeys.archive.inspection import inspect
from nskeys.crypto.age_primitives import x25519_public
from nskeys.model.copy_keys import CopyKey, chosen
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Malformed
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.open_backup import find_source, opened
from tests.fakes.fixed import AFTERNOON, Answers
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site


def kids(server: Server) -> list[str]:
    return [key.kid for key in server.installation.key_store.copy_keys()]


def test_each_backup_under_a_password_brings_a_new_one(server: Server) -> None:
    assert kids(server) == []
    for count in (1, 2):
        copy = server.back_up().copy
        assert len(kids(server)) == count
        assert list(copy.backup.copy_kids) == kids(server)


def test_one_for_recipients_makes_the_first_and_no_more(server: Server) -> None:
    server.make_identity()
    made = kids(server)
    assert len(made) == 1
    for _ in range(2):
        assert list(server.back_up_to().copy.backup.copy_kids) == made


def test_a_rotation_and_a_new_identity_bring_a_new_one(server: Server) -> None:
    server.make_identity()
    before = kids(server)
    server.make_identity("another one for us")
    assert len(kids(server)) == len(before) + 1
    server.rotate()
    assert len(kids(server)) == len(before) + 2


def test_a_change_of_the_protector_keeps_them(server: Server) -> None:
    server.back_up()
    before = kids(server)
    answers = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]})
    server.services.protection.change("passphrase", NOBODY, answers)
    assert kids(server) == before


def test_a_restore_brings_them_back(site: Site, server: Server) -> None:
    server.back_up()
    address = server.back_up().copy.address
    after = site.with_database_of(server)
    after.restore(address)
    assert kids(after) == kids(server)
    with after.installation.key_store.unlock(NOBODY) as keys:
        assert all(keys.copy_key(kid).key.kid == kid for kid in kids(server))


def test_the_jwk_is_an_x25519_pair_and_an_identity_of_age(server: Server) -> None:
    address = server.back_up().copy.address
    source = find_source(server.installation, address)
    plain = decrypt(source.inspected.kms, SecretBytes.from_text(PASSWORD))
    (jwk,) = [jwk for jwk in json.loads(plain)["keys"] if jwk.get("crv") == "X25519"]
    secret = SecretBytes(base64.urlsafe_b64decode(jwk["d"] + "="))
    assert jwk["x"] == base64.urlsafe_b64encode(x25519_public(secret)).rstrip(b"=").decode()
    assert X25519Identity.parse(jwk["age"], "jwk").secret.same_as(secret)
    assert [jwk["kid"]] == kids(server)
    assert inspect("", source.inspected.kms).bare


def test_a_jwk_that_does_not_fit_itself_or_the_facts_is_refused() -> None:
    one, other = new_copy_key(AFTERNOON), new_copy_key(AFTERNOON)
    whole = copy_key_to_jwk(one)
    assert isinstance(whole, dict)
    assert copy_key_from_jwk(whole, one.key).secret.same_as(one.secret)
    theirs = copy_key_to_jwk(other)
    assert isinstance(theirs, dict)
    for member in ("kid", "x", "d", "age"):
        with pytest.raises(Malformed):
            copy_key_from_jwk({**whole, member: theirs[member]}, one.key)
    with pytest.raises(Malformed):
        copy_key_from_jwk({**whole, "alg": "x"}, one.key)
    with pytest.raises(Malformed):
        copy_key_from_jwk(whole, CopyKey(one.key.kid, other.key.created.replace(year=2020)))


def test_a_copy_goes_to_the_newest_key_that_somebody_can_open() -> None:
    old, middle, new = (new_copy_key(AFTERNOON.replace(hour=hour)).key for hour in (1, 2, 3))
    keys = [middle, new, old]
    assert chosen(keys, {old.kid, middle.kid}, {new.kid}) == middle
    assert chosen(keys, set(), {old.kid}) == old
    assert chosen(keys, set(), set()) == new
    assert chosen([], set(), set()) is None


def test_opened_contents_hold_them_and_wipe_them(server: Server) -> None:
    address = server.back_up().copy.address
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    source = find_source(server.installation, address)
    with opened(server.installation, source, answers, SilentProgress()) as found:
        (held,) = found.contents.copy_keys
        assert held.key.kid == kids(server)[0]
        assert len(held.secret) == 32
    assert len(held.secret) == 0

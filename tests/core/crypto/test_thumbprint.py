"""Thumbprints agree with RFC 7638 and RFC 8037."""

from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import from_base64url


def test_the_server_key_of_rfc_8037_has_the_thumbprint_given_there() -> None:
    public = from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    expected = from_base64url("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    assert server_thumbprint(public) == expected.hex()


def test_a_keys_thumbprint_is_the_hash_of_its_required_members() -> None:
    # printf '{"k":"AAAA...","kty":"oct"}' | sha256sum, with 43 letters A
    expected = "f679f155a458a2cea9c324986402d644beb87e01b908c5fd368ded02a779bab5"
    assert thumbprint(SecretBytes(bytes(32))) == expected


def test_two_keys_have_two_thumbprints() -> None:
    assert thumbprint(SecretBytes(bytes(32))) != thumbprint(SecretBytes(bytes(31) + b"\x01"))

"""URIs of tokens, after RFC 7512."""

import pytest

from nskeys.protectors.pkcs11_uri import DEFAULT_MODULE, LONGEST, TokenUri, UriInvalid, parsed


def test_every_part_is_read() -> None:
    uri = parsed(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;"
        "serial=4a3b;object=my-key;id=%69%95%3E%5C%F4;type=secret-key?module-path=/usr/lib/x.so"
    )
    assert uri == TokenUri(
        token="The Software PKCS#11 Softtoken",
        manufacturer="Snake Oil, Inc.",
        model="1.0",
        serial="4a3b",
        object="my-key",
        id=bytes.fromhex("69953e5cf4"),
        module="/usr/lib/x.so",
    )
    assert parsed(uri.text()) == uri


def test_a_token_is_enough() -> None:
    assert parsed("pkcs11:token=nskeys") == TokenUri(token="nskeys", module=DEFAULT_MODULE)
    assert parsed("pkcs11:serial=4a3b").text() == "pkcs11:serial=4a3b"


@pytest.mark.parametrize("text", ["ü", "a;b", "a?b", "100%", "a&b=c", "'quoted'", " "])
def test_a_name_survives_its_spelling(text: str) -> None:
    uri = TokenUri(token=text, object=text, id=b"\x00\xff")
    assert parsed(uri.text()) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "pkcs11",
        "pkcs11:",
        "token=nskeys",
        "PKCS11:token=nskeys",
        "pkcs11:object=key",
        "pkcs11:token=",
        "pkcs11:token",
        "pkcs11:token=a;token=b",
        "pkcs11:token=a;colour=red",
        "pkcs11:token=a;type=private",
        "pkcs11:token=a;slot-id=1",
        "pkcs11:token=a b",
        "pkcs11:token=%zz",
        "pkcs11:token=%ff",
        "pkcs11:token=a%00b",
        "pkcs11:token=a%1b%5b2J",
        "pkcs11:token=a?module-path=lib.so",
        "pkcs11:token=a?module-path=../x.so",
        "pkcs11:token=a?module-name=x",
        "pkcs11:token=" + "a" * LONGEST,
    ],
)
def test_what_names_no_token_is_not_taken(uri: str) -> None:
    with pytest.raises(UriInvalid, match="bad_uri"):
        parsed(uri)


@pytest.mark.parametrize(
    "uri",
    ["pkcs11:token=a?pin-value=1234", "pkcs11:token=a?pin-source=file:/etc/pin", "pkcs11:pin-value=1"],
)
def test_a_pin_has_no_place_in_it(uri: str) -> None:
    with pytest.raises(UriInvalid, match="pin_in_uri") as refused:
        parsed(uri)
    assert "1234" not in str(refused.value)

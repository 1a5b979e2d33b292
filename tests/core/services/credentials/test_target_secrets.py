"""Secrets that stand in a target."""

import pytest

from nskeys.services.credentials.target_secrets import TargetSecret, secret_in_target


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("svc:hidden@srv7", TargetSecret("srv7", "hidden", "svc")),
        ("https://svc:hidden@srv7:8443/x?y=1", TargetSecret("https://srv7:8443/x?y=1", "hidden", "svc")),
        ("https://svc:h/d@den@srv7/x", TargetSecret("https://srv7/x", "h/d@den", "svc")),
        ("https://:hidden@srv7", TargetSecret("https://srv7", "hidden", "")),
        ("https://srv7/?password=hidden", TargetSecret("https://srv7/", "hidden", "")),
        ("https://srv7/?a=1&PWD=hidden&b=2", TargetSecret("https://srv7/?a=1&b=2", "hidden", "")),
        ("https://srv7/?token=hid%20den&b=2", TargetSecret("https://srv7/?b=2", "hid den", "")),
        ("Server=srv7;Password=hidden;Pooling=no", TargetSecret("Server=srv7;Pooling=no", "hidden", "")),
        ("srv7 password=hidden", TargetSecret("srv7", "hidden", "")),
    ],
)
def test_a_secret_is_found_and_what_is_left_is_the_target(target: str, found: TargetSecret) -> None:
    assert secret_in_target(target) == found


@pytest.mark.parametrize(
    "target",
    [
        *("", "srv7", "srv7:5632", "https://srv7:8443/a@b", "svc@srv7", "https://svc@srv7/x", "FIN-*,HR-*"),
        *("https://srv7/?user=svc&page=2", "https://srv7/reset-password", "[2001:db8::1]:5631", "a: b@c"),
    ],
)
def test_other_targets_hold_none(target: str) -> None:
    assert secret_in_target(target) is None


@pytest.mark.parametrize(
    "target", ["mailto:ops@example.net", "sip:till@pbx", "xmpp:ops@chat", "sips:till@pbx"]
)
def test_an_address_with_a_name_before_its_host_has_no_secret(target: str) -> None:
    assert secret_in_target(target) is None


@pytest.mark.parametrize(
    "name", ["secret_key", "privateKey", "client_secret", "Kennwort", "passcode", "senha"]
)
def test_parameters_of_other_names_are_secrets_too(name: str) -> None:
    found = secret_in_target(f"https://till.example.net/?{name}=Quokka-71&x=1")
    assert found == TargetSecret("https://till.example.net/?x=1", "Quokka-71", "")

"""Which protectors there are."""

import pytest

from nskeys.errors import ProtectorUnavailable
from nskeys.protectors.registry import available, protector


def test_every_protector_that_is_available_can_be_had() -> None:
    for name, usable, reason in available():
        assert usable == (reason == "")
        if usable:
            assert protector(name).name == name
        else:
            with pytest.raises(ProtectorUnavailable) as refused:
                protector(name)
            assert refused.value.reason == reason


def test_a_new_installation_needs_nobody() -> None:
    first = next(name for name, usable, _ in available() if usable)
    assert not protector(first).asks


def test_a_protector_nobody_knows_is_not_had() -> None:
    with pytest.raises(ProtectorUnavailable) as refused:
        protector("../file")
    assert (refused.value.protector, refused.value.reason) == ("../file", "unknown")

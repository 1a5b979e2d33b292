"""Which protectors there are."""

import pytest

from nskeys.crypto.keys import new_material
from nskeys.errors import KeyStoreDamaged, ProtectorUnavailable
from nskeys.protectors import tpm2
from nskeys.protectors.catalogue import available, protector, why_not
from tests.fakes.commands_on_path import CommandsOnPath
from tests.fakes.fixed import NobodyToAsk
from tests.fakes.tpm import Board


def test_every_protector_that_is_available_can_be_had() -> None:
    for name, usable, reason in available():
        assert usable == (reason is None)
        if usable:
            assert protector(name).name == name
            protector(name).require()
        else:
            with pytest.raises(ProtectorUnavailable) as refused:
                protector(name).require()
            assert refused.value.reason == reason


def test_a_new_installation_needs_nobody() -> None:
    first = next(name for name, usable, _ in available() if usable)
    assert not protector(first).asks


@pytest.mark.parametrize("uri", ["../file", "file:", "file:x", "passphrase:hunter2", "tpm2:", "", "TPM2"])
def test_a_protector_nobody_knows_is_not_had(uri: str) -> None:
    with pytest.raises(ProtectorUnavailable) as refused:
        protector(uri)
    assert (refused.value.protector, refused.value.reason) == (uri.partition(":")[0], "unknown")


def test_a_tpm_may_be_named() -> None:
    assert protector("tpm2:/dev/tpmrm1").name == "tpm2"
    with pytest.raises(ProtectorUnavailable) as refused:
        protector("tpm2:/dev/sda")
    assert refused.value.reason == "bad_device"


def test_a_tpm_that_works_is_what_a_new_installation_takes(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tpm2, "THIS_MACHINES", board.device)
    assert available()[0] == ("tpm2", True, None)
    board.lock_out()
    assert available()[0] == ("tpm2", False, "locked_out")


def test_proving_a_tpm_leaves_nothing_behind(board: Board, on_path: CommandsOnPath) -> None:
    calls = on_path.count("systemd-creds")
    assert why_not(protector(board.uri)) is None
    assert calls.verbs == ["encrypt", "decrypt"]


def test_one_that_closes_and_cannot_open_again_is_not(board: Board, on_path: CommandsOnPath) -> None:
    """As systemd 252 does with an empty list of registers: it encrypts what nobody can decrypt."""
    on_path.add(
        "systemd-creds",
        "for option; do shift; case $option in --tpm2-pcrs=*) option=--tpm2-pcrs=;; esac; "
        'set -- "$@" "$option"; done; exec "$REAL" "$@"',
    )
    chosen = protector(board.uri)
    wrapped = chosen.wrap(new_material(), "5a" * 16, NobodyToAsk())
    with pytest.raises(KeyStoreDamaged):
        chosen.unwrap(wrapped, "5a" * 16, NobodyToAsk())
    assert why_not(chosen) == "does_not_work"

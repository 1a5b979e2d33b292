"""The protector that binds to this machine, over a real TPM in software: what opens the keys, what does
not, and what is said of it."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from nskeys.crypto.keys import new_material
from nskeys.errors import (
    KeyStoreDamaged,
    KeyStoreElsewhere,
    KeyStoreUnreached,
    NskeysError,
    ProtectorUnavailable,
)
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, from_base64url, to_base64url
from nskeys.ports import Wrapped
from nskeys.protectors.tpm2 import Tpm2Protector
from nskeys.wording.errors import say
from tests.fakes.commands_on_path import CommandsOnPath
from tests.fakes.fixed import NobodyToAsk
from tests.fakes.tpm import Board

STORE = "5a" * 16
NOBODY = NobodyToAsk()
FIRMWARE = range(8)
"""The registers that firmware measures into: itself, its settings, option ROMs, secure boot's lists."""
BOOT = (8, 9, 11, 12, 13, 14, 15)
"""Those of boot loader, kernel and its command line."""


@pytest.fixture
def kek() -> SecretBytes:
    return new_material()


@pytest.fixture
def tpm2(board: Board) -> Tpm2Protector:
    return Tpm2Protector(board.device)


@pytest.fixture
def wrapped(tpm2: Tpm2Protector, kek: SecretBytes) -> Wrapped:
    return tpm2.wrap(kek, STORE, NOBODY)


def opens(tpm2: Tpm2Protector, wrapped: Wrapped, kek: SecretBytes) -> bool:
    with tpm2.unwrap(wrapped, STORE, NOBODY) as again:
        return again.same_as(kek)


def refused(tpm2: Tpm2Protector, wrapped: Wrapped) -> NskeysError:
    with pytest.raises(NskeysError) as error:
        tpm2.unwrap(wrapped, STORE, NOBODY)
    assert error.value.__cause__ is None
    return error.value


def reason(error: NskeysError) -> str:
    assert isinstance(error, ProtectorUnavailable), error
    assert error.protector == "tpm2"
    return error.reason


# --- what it is bound to --------------------------------------------------------------------------


def test_a_disk_in_another_machine_opens_nothing(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped, kek: SecretBytes
) -> None:
    """The thief has the host's secret, for that lies on the disk; the TPM stayed behind."""
    old_board = board.exchange()
    error = refused(tpm2, wrapped)
    assert isinstance(error, KeyStoreElsewhere)
    assert error.protector == "tpm2"
    board.put_back(old_board)
    assert opens(tpm2, wrapped, kek)


def test_the_machine_with_another_disk_opens_nothing(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped, kek: SecretBytes, tmp_path: Path
) -> None:
    """Whoever has the TPM and what was wrapped, but not the host's secret."""
    elsewhere = Tpm2Protector(board.device, host_secret=tmp_path / "credential.secret")
    assert isinstance(refused(elsewhere, wrapped), KeyStoreElsewhere)
    assert opens(elsewhere, elsewhere.wrap(kek, STORE, NOBODY), kek)  # which makes a secret of its own
    assert isinstance(refused(elsewhere, wrapped), KeyStoreElsewhere)
    assert opens(tpm2, wrapped, kek)


def test_after_the_tpm_was_cleared_nothing_opens(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped
) -> None:
    board.clear()
    assert isinstance(refused(tpm2, wrapped), KeyStoreElsewhere)


def test_without_a_tpm_nothing_opens_and_no_other_machine_is_suspected(
    tpm2: Tpm2Protector, wrapped: Wrapped
) -> None:
    """Its driver may not be loaded yet; another machine's keys could be replaced by a restore."""
    gone = Wrapped({**wrapped.parameters, "device": "/dev/tpmrm999"})
    error = refused(tpm2, gone)
    assert reason(error) == "no_device"
    assert isinstance(error, KeyStoreUnreached)
    assert "If it is only away, load its driver" in say(error).advice
    assert "if this is another machine, restore from a backup" in say(error).advice


def test_on_a_newly_installed_system_it_is_another_machine_with_a_tpm_or_without(
    board: Board, wrapped: Wrapped, tmp_path: Path
) -> None:
    """The home alone was copied: without the host's half no TPM opens it."""
    elsewhere = Tpm2Protector(board.device, host_secret=tmp_path / "credential.secret")
    gone = Wrapped({**wrapped.parameters, "device": "/dev/tpmrm999"})
    assert isinstance(refused(elsewhere, gone), KeyStoreElsewhere)


def test_an_update_of_firmware_and_boot_loader_changes_nothing(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped, kek: SecretBytes
) -> None:
    for register in (*FIRMWARE, *BOOT):
        board.extend(register)
    assert opens(tpm2, wrapped, kek)


def test_what_was_wrapped_after_an_update_opens_after_the_next(
    board: Board, tpm2: Tpm2Protector, kek: SecretBytes
) -> None:
    board.extend(7)
    wrapped = tpm2.wrap(kek, STORE, NOBODY)
    board.extend(7)
    assert opens(tpm2, wrapped, kek)


def test_a_program_that_uses_its_register_is_named(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped
) -> None:
    board.extend(23)
    error = refused(tpm2, wrapped)
    assert reason(error) == "register_used"
    assert "Restart this machine" in say(error).advice


def test_what_one_store_wrapped_is_no_other_stores(tpm2: Tpm2Protector, wrapped: Wrapped) -> None:
    with pytest.raises(KeyStoreDamaged):
        tpm2.unwrap(wrapped, "a5" * 16, NOBODY)


def test_the_host_alone_is_not_enough_without_a_word(
    board: Board, tpm2: Tpm2Protector, kek: SecretBytes
) -> None:
    """`auto`, the tool's own default, would fall back to a file on the disk where the TPM fails."""
    board.lock_out()
    with pytest.raises(ProtectorUnavailable) as error:
        tpm2.wrap(kek, STORE, NOBODY)
    assert error.value.reason == "locked_out"


# --- the host's secret is not destroyed -----------------------------------------------------------


def test_a_lost_machine_id_does_not_cost_the_hosts_secret(
    board: Board, kek: SecretBytes, tmp_path: Path
) -> None:
    """systemd-creds deletes a secret that belongs to another machine-id, even when it only decrypts."""
    secret = tmp_path / "credential.secret"
    tpm2 = Tpm2Protector(board.device, host_secret=secret)
    wrapped = tpm2.wrap(kek, STORE, NOBODY)
    ours = secret.read_bytes()
    _write_secret(secret, bytes(16) + ours[16:])  # as it looks to a machine with another id
    foreign = secret.read_bytes()
    assert isinstance(refused(tpm2, wrapped), KeyStoreElsewhere)
    assert secret.read_bytes() == foreign
    _write_secret(secret, ours)  # the id was put back
    assert opens(tpm2, wrapped, kek)
    _write_secret(secret, foreign)
    _decrypt_without_us(board, secret, wrapped)
    assert not secret.exists()


def _write_secret(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)
    path.chmod(0o400)


def _decrypt_without_us(board: Board, secret: Path, wrapped: Wrapped) -> None:
    credential = from_base64url(str(wrapped.parameters["credential"]))
    given = subprocess.run(["base64"], input=credential, capture_output=True, check=True).stdout
    subprocess.run(
        ["systemd-creds", "decrypt", f"--tpm2-device={board.device}", f"--name=nskeys-{STORE}", "-", "-"],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "SYSTEMD_CREDENTIAL_SECRET": str(secret)},
    )


# --- a tool or a TPM that does not do what it should ----------------------------------------------


def test_a_tpm_that_hangs_holds_nobody_up(board: Board, wrapped: Wrapped) -> None:
    board.hangs = True
    started = time.monotonic()
    assert reason(refused(Tpm2Protector(board.device, timeout_s=0.3), wrapped)) == "no_answer"
    assert time.monotonic() - started < 5


def test_a_tpm_that_locked_itself_is_waited_for(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped
) -> None:
    board.lock_out()
    error = refused(tpm2, wrapped)
    assert reason(error) == "locked_out"
    assert "nothing is lost" in say(error).advice


def test_where_nothing_answers_there_is_no_tpm(kek: SecretBytes, board: Board) -> None:
    nowhere = board.device.partition("port=")[0] + "port=1"
    with pytest.raises(ProtectorUnavailable) as error:
        Tpm2Protector(nowhere).wrap(kek, STORE, NOBODY)
    assert error.value.reason == "no_device"


def test_without_the_tpm_library_it_is_named(
    board: Board, kek: SecretBytes, wrapped: Wrapped, tmp_path: Path, on_path: CommandsOnPath
) -> None:
    (tmp_path / "libtss2-esys.so.0").write_bytes(b"no library")
    on_path.add("systemd-creds", f'LD_LIBRARY_PATH="{tmp_path}" exec "$REAL" "$@"')
    with pytest.raises(ProtectorUnavailable) as error:
        Tpm2Protector(board.device).wrap(kek, STORE, NOBODY)
    assert error.value.reason == "library_missing"
    assert not isinstance(error.value, KeyStoreUnreached), "nothing is bound to it yet"
    opening = refused(Tpm2Protector(board.device), wrapped)
    assert reason(opening) == "library_missing"
    assert isinstance(opening, KeyStoreUnreached)
    assert "apt install libtss2-esys" in say(opening).advice


def test_without_systemd_creds_it_is_named(
    tpm2: Tpm2Protector, wrapped: Wrapped, on_path: CommandsOnPath
) -> None:
    on_path.only()
    assert reason(refused(tpm2, wrapped)) == "no_systemd_creds"
    on_path.add("systemctl", "echo 'systemd 249 (249.11-0ubuntu3)'")
    assert reason(refused(tpm2, wrapped)) == "systemd_too_old"
    assert isinstance(refused(tpm2, wrapped), KeyStoreUnreached)
    on_path.add("systemctl", "echo 'systemd 252 (252.39-1~deb12u2)'")
    assert tpm2.why_not() == "no_systemd_creds"
    on_path.add("systemctl", "echo gibberish; exit 1")
    assert tpm2.why_not() == "no_systemd_creds"


def test_whoever_is_not_root_is_told(
    tpm2: Tpm2Protector, wrapped: Wrapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    error = refused(tpm2, wrapped)
    assert reason(error) == "not_root"
    assert not isinstance(error, KeyStoreUnreached)
    assert "sudo" in say(error).advice
    with pytest.raises(ProtectorUnavailable):
        tpm2.require()


@pytest.mark.parametrize(
    "script", ["exit 1", "echo nonsense >&2; exit 1", "echo '*** no base64 ***'", "kill -9 $$"]
)
def test_a_tool_that_fails_in_an_unknown_way_does_not_work(
    board: Board, kek: SecretBytes, on_path: CommandsOnPath, script: str
) -> None:
    on_path.add("systemd-creds", script)
    with pytest.raises(ProtectorUnavailable) as error:
        Tpm2Protector(board.device).wrap(kek, STORE, NOBODY)
    assert error.value.reason == "does_not_work"


def test_an_unknown_failure_never_passes_for_another_machine(
    tpm2: Tpm2Protector, wrapped: Wrapped, on_path: CommandsOnPath
) -> None:
    """For a restore may take the place of keys that are bound to another machine."""
    on_path.add("systemd-creds", "echo 'Failed to do something new' >&2; exit 1")
    error = refused(tpm2, wrapped)
    assert reason(error) == "does_not_work"
    assert not isinstance(error, KeyStoreUnreached)


def test_a_tool_that_answers_something_else_is_not_believed(
    tpm2: Tpm2Protector, wrapped: Wrapped, on_path: CommandsOnPath
) -> None:
    on_path.add("systemd-creds", "echo too short")
    error = refused(tpm2, wrapped)
    assert isinstance(error, KeyStoreDamaged)
    assert error.problem == "kek_size"


# --- the secret, and what a file may say ----------------------------------------------------------


def test_neither_arguments_nor_environment_ever_hold_the_key(
    board: Board, kek: SecretBytes, tmp_path: Path, on_path: CommandsOnPath
) -> None:
    log = tmp_path / "log"
    on_path.add(
        "systemd-creds",
        f'{{ cat /proc/$$/cmdline /proc/$$/environ; echo; }} >> "{log}"; exec "$REAL" "$@"',
    )
    tpm2 = Tpm2Protector(board.device)
    assert opens(tpm2, tpm2.wrap(kek, STORE, NOBODY), kek)
    told = log.read_bytes()
    assert told.count(b"--name=nskeys-" + STORE.encode()) == 2
    assert told.count(b"--with-key=host+tpm2") == 1
    for shape in (kek.reveal(), kek.reveal().hex().encode(), to_base64url(kek.reveal()).encode()):
        assert shape not in told


def test_variables_of_the_environment_do_not_choose_the_tpm(
    board: Board, tpm2: Tpm2Protector, wrapped: Wrapped, kek: SecretBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEMD_TPM2_DEVICE", "swtpm:host=127.0.0.1,port=1")
    monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", "/nonexistent/secret")
    monkeypatch.setenv("LD_PRELOAD", "/nonexistent/library.so")
    assert opens(tpm2, wrapped, kek)


@pytest.mark.parametrize(
    "device",
    [
        "/dev/tpm0",
        "/dev/tpmrm0/../sda",
        "cmd:reboot",
        "swtpm:host=127.0.0.1;port=1",
        "libtpms",
        "--tpm2-device=x",
        "/dev/tpmrm0 ",
        "swtpm:" + "x" * 201,
        "auto",
    ],
)
def test_what_is_no_tpm_is_not_tried(
    tpm2: Tpm2Protector, wrapped: Wrapped, device: str, on_path: CommandsOnPath
) -> None:
    calls = on_path.count("systemd-creds")
    with pytest.raises(ProtectorUnavailable) as error:
        Tpm2Protector(device)
    assert error.value.reason == "bad_device"
    written = Wrapped({**wrapped.parameters, "device": device})
    assert isinstance(refused(tpm2, written), KeyStoreDamaged)
    assert calls.verbs == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"device": 7},
        {"credential": None},
        {"credential": "%%%"},
        {"credential": to_base64url(bytes(2049))},
        {"credential": ""},
        {"credential": to_base64url(bytes(300))},
        {"more": 1},
    ],
)
def test_parameters_that_it_did_not_write_are_damage(
    tpm2: Tpm2Protector, wrapped: Wrapped, parameters: dict[str, Json]
) -> None:
    written = Wrapped({**wrapped.parameters, **parameters})
    assert isinstance(refused(tpm2, written), KeyStoreDamaged)


def test_every_flipped_byte_keeps_it_shut(tpm2: Tpm2Protector, wrapped: Wrapped) -> None:
    whole = from_base64url(str(wrapped.parameters["credential"]))
    for place in range(0, len(whole), 23):
        flipped = bytearray(whole)
        flipped[place] ^= 0x55
        written = Wrapped({**wrapped.parameters, "credential": to_base64url(bytes(flipped))})
        assert isinstance(
            refused(tpm2, written), KeyStoreDamaged | KeyStoreElsewhere | ProtectorUnavailable
        )

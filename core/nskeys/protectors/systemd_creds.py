"""`systemd-creds` (systemd 250 and newer), which uses the TPM: encrypt and decrypt through its pipes.

Its messages are translated into our errors here. All its failures have the same exit code, so the messages
tell them apart: those of systemd 252, and of newer versions where they are known to differ. LC_ALL=C keeps
them untranslated. An unknown failure is `does_not_work`, never "bound elsewhere", because that one allows a
restore to replace the key store.
"""

import base64
import binascii
import hmac
import os
import re
import shutil
from pathlib import Path

from nskeys.errors import (
    KeyStoreDamaged,
    KeyStoreElsewhere,
    KeyStoreUnreached,
    NskeysError,
    ProtectorUnavailable,
)
from nskeys.files import exists
from nskeys.model.secret import SecretBytes
from nskeys.protectors.subprocess_io import Completed, run
from nskeys.reasons import Problem, ProtectorProblem

PROTECTOR = "tpm2"
TIMEOUT_S = 60.0
"""Seconds for one call. It takes a tenth of one; a TPM without elliptic curves needs ten and more."""

_OLDEST = 250
_QUICK = 5.0  # seconds for a question that no TPM is needed for
_WITHOUT_POLICY = "--tpm2-pcrs=23"
_ENVIRONMENT = {"LC_ALL": "C", "SYSTEMD_LOG_LEVEL": "info", "SYSTEMD_LOG_TARGET": "console"}
"""The whole environment: an inherited variable could name another TPM, another host secret, or a log."""

_ELSEWHERE = (
    "integrity check failed",  # TPM_RC_INTEGRITY: another TPM made it, or this one before it was cleared
    "incorrect key",  # the TPM's half is right, so the host's is another one
)
_DAMAGED = (
    "Embedded credential",
    "Encrypted file",
    "Unknown encryption format",
    "in header",
    "out of range",
    "invalid or not supported",
    "Failed to unmarshal",
)
_REASONS = (
    ("ictionary attack lock", ProtectorProblem.LOCKED_OUT),
    ("in DA lockout mode", ProtectorProblem.LOCKED_OUT),
    ("olicy digest does not match", ProtectorProblem.REGISTER_USED),
    ("policy does not match", ProtectorProblem.REGISTER_USED),
    ("TPM2 support is not installed", ProtectorProblem.LIBRARY_MISSING),
    ("TPM2 support not installed", ProtectorProblem.LIBRARY_MISSING),
    ("Failed to load libtss2", ProtectorProblem.LIBRARY_MISSING),
    ("initialize TCTI context", ProtectorProblem.NO_DEVICE),
)

MAY_BE_GONE = frozenset(
    {
        ProtectorProblem.NO_DEVICE,
        ProtectorProblem.LIBRARY_MISSING,
        ProtectorProblem.NO_SYSTEMD_CREDS,
        ProtectorProblem.SYSTEMD_TOO_OLD,
    }
)
"""Reasons that may mean another machine, or this one while its TPM or its tools are unavailable. All
others mean that the TPM is there and fails."""


def missing() -> ProtectorProblem | None:
    """Why the tool cannot be run, `no_systemd_creds` or `systemd_too_old`; None if it can."""
    return None if shutil.which("systemd-creds") else _why_missing()


def _why_missing() -> ProtectorProblem:
    version = _systemd_version()
    return (
        ProtectorProblem.SYSTEMD_TOO_OLD
        if version is not None and version < _OLDEST
        else ProtectorProblem.NO_SYSTEMD_CREDS
    )


class SystemdCreds:
    """Encrypts credentials that only the TPM `device` and this host's secret together open; `timeout_s` is
    the timeout of one call in seconds."""

    def __init__(self, device: str, host_secret: Path, timeout_s: float) -> None:
        self._device = device
        self._environment = {**_ENVIRONMENT, "SYSTEMD_CREDENTIAL_SECRET": str(host_secret)}
        self._timeout_s = timeout_s

    def encrypt(self, name: str, secret: SecretBytes) -> bytes:
        """Return the credential. Raises ProtectorUnavailable."""
        # Both keys are said: `auto`, the default, falls back to the host's alone without a word.
        ended = self._run("encrypt", name, secret, "--with-key=host+tpm2", _WITHOUT_POLICY)
        with ended.answer as answer:
            if ended.code == 0:
                return _decoded(answer.reveal())
        raise _failure(ended.words, opening=False)

    def decrypt(self, name: str, credential: bytes) -> SecretBytes:
        """Return the secret again. Raises KeyStoreElsewhere, KeyStoreDamaged, ProtectorUnavailable."""
        with SecretBytes(base64.b64encode(credential)) as given:
            ended = self._run("decrypt", name, given, "--newline=no")
        if ended.code == 0:
            return ended.answer
        ended.answer.wipe()
        raise _failure(ended.words, opening=True)

    def _run(self, verb: str, name: str, given: SecretBytes, *options: str) -> Completed:
        program = shutil.which("systemd-creds")
        if program is None:
            raise ProtectorUnavailable(PROTECTOR, _why_missing())
        device = f"--tpm2-device={self._device}"
        try:
            return run(
                [program, verb, f"--name={name}", device, *options, "-", "-"],
                given,
                self._environment,
                self._timeout_s,
            )
        except TimeoutError:
            raise ProtectorUnavailable(PROTECTOR, ProtectorProblem.NO_ANSWER) from None
        except OSError:
            raise ProtectorUnavailable(PROTECTOR, ProtectorProblem.DOES_NOT_WORK) from None


def _failure(words: str, *, opening: bool) -> NskeysError:
    for message, reason in _REASONS:
        if message in words:
            gone = opening and reason in MAY_BE_GONE
            return (KeyStoreUnreached if gone else ProtectorUnavailable)(PROTECTOR, reason)
    if opening and any(message in words for message in _ELSEWHERE):
        return KeyStoreElsewhere(PROTECTOR)
    if opening and any(message in words for message in _DAMAGED):
        return KeyStoreDamaged("protector.json", Problem.DOES_NOT_OPEN)
    return ProtectorUnavailable(PROTECTOR, ProtectorProblem.DOES_NOT_WORK)


def _decoded(answer: bytes) -> bytes:
    """Return the bytes in its lines of base64."""
    try:
        return base64.b64decode(answer.replace(b"\n", b""), validate=True)
    except binascii.Error:
        raise ProtectorUnavailable(PROTECTOR, ProtectorProblem.DOES_NOT_WORK) from None


def _systemd_version() -> int | None:
    program = shutil.which("systemctl")
    if program is None:
        return None
    try:
        with SecretBytes(b"") as nothing:
            ended = run([program, "--version"], nothing, _ENVIRONMENT, _QUICK)
    except OSError:  # TimeoutError is one
        return None
    found = re.match(rb"systemd (\d{1,6})\b", ended.answer.reveal())
    return int(found[1]) if found else None


def device_is_there(device: str) -> bool:
    """Return whether there is a device node of this name; whether it is a TPM shows when it is used."""
    return not device.startswith("/") or exists(Path(device))


def is_root() -> bool:
    """Return whether this process is root: only root reads the host's secret and the TPM."""
    return os.geteuid() == 0


HOST_SECRET = Path("/var/lib/systemd/credential.secret")
MACHINE_ID = Path("/etc/machine-id")

_APPLICATION = bytes.fromhex("d3acecba0dad4cdfb8c9381528936c58")
_SIZE = 16


def belongs_here(secret: Path = HOST_SECRET, machine_id: Path = MACHINE_ID) -> bool:
    """Return whether the host's half is there and belongs to this machine. True also where that cannot be
    told: then systemd-creds fails before it would delete it."""
    try:
        with secret.open("rb", buffering=0) as file:
            owner = file.read(_SIZE)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        here = bytes.fromhex(machine_id.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return True
    return len(here) != _SIZE or hmac.compare_digest(owner, _owner(here))


def _owner(machine_id: bytes) -> bytes:
    mark = bytearray(hmac.digest(machine_id, _APPLICATION, "sha256")[:_SIZE])
    mark[6] = mark[6] & 0x0F | 0x40
    mark[8] = mark[8] & 0x3F | 0x80
    return bytes(mark)

"""The protector `tpm2`: the KEK opens with this machine's TPM 2.0 and this host's secret together.

    parameters = {"device": "" or a TPM's name, "credential": base64url(a credential of systemd)}

It is a credential named `nskeys-<store_id>` that `systemd-creds` encrypts with `--with-key=host+tpm2`, so
that a stolen disk lacks the TPM's half and a TPM that somebody can use lacks the host's. There is no PIN:
after a few wrong ones a TPM locks itself for everything that uses it.

No register (PCR) that firmware or boot loader measure into is bound: the keys have to open after an update
of either. What systemd 252 does with `--tpm2-pcrs`: without it, PCR 7 is bound, which an update of the
secure boot lists changes; with an empty list it encrypts what nobody can decrypt, for it writes down no
bank of registers and then refuses a credential without one. So PCR 23 is said, which the TCG's PC Client
Platform Firmware Profile leaves to applications: it is zero whenever the machine has started, nothing
measures into it, and systemd notes that this enforces nothing. Should a program extend it all the same, the
keys open again after a restart, and that is said (`register_used`). See core/decisions/0006.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from nskeys.errors import KeyStoreDamaged, KeyStoreElsewhere, KeyStoreUnreached, ProtectorUnavailable
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, to_base64url
from nskeys.ports import SecretProvider
from nskeys.protectors.base import BaseProtector, parameters_of
from nskeys.protectors.systemd_creds import (
    HOST_SECRET,
    MAY_BE_GONE,
    PROTECTOR,
    TIMEOUT_S,
    SystemdCreds,
    belongs_here,
    device_is_there,
    is_root,
    missing,
)
from nskeys.reasons import Problem, ProtectorProblem

THIS_MACHINES = "/dev/tpmrm0"
"""The machine's own TPM, behind the kernel's resource manager. It is always named, because without a
name the TPM library would also use whatever listens on a port of this machine."""

_LARGEST = 2048
_DEVICE = re.compile(r"/dev/tpmrm[0-9]{1,3}|(?:swtpm|tabrmd):[A-Za-z0-9=,.:_-]{0,200}")
"""A device node with a resource manager, or a driver of the TPM library that cannot run a program. Not
the bare `/dev/tpm0`: systemd 252 leaves a session in it with every call, and the third call fails."""


class Tpm2Protector(BaseProtector):
    """Binds to a TPM (this machine's, or the one that `device` names) and to this host. Raises
    ProtectorUnavailable (`bad_device`) for an invalid name of a TPM. `timeout_s` is the timeout of one call
    in seconds."""

    name = PROTECTOR
    asks = False

    def __init__(
        self, device: str = "", timeout_s: float = TIMEOUT_S, host_secret: Path = HOST_SECRET
    ) -> None:
        if device and not _DEVICE.fullmatch(device):
            raise ProtectorUnavailable(PROTECTOR, ProtectorProblem.BAD_DEVICE)
        self._device = device
        self._timeout_s = timeout_s
        self._host_secret = host_secret

    def why_not(self) -> ProtectorProblem | None:
        """Why it cannot be used here, as far as can be told without asking the TPM; None where nothing is
        known against it. `no_device`, `not_root`, `no_systemd_creds`, `systemd_too_old`."""
        if not device_is_there(self._device or THIS_MACHINES):
            return ProtectorProblem.NO_DEVICE
        return missing() if is_root() else ProtectorProblem.NOT_ROOT

    def require(self) -> None:
        """Raise ProtectorUnavailable where that is known without asking the TPM."""
        reason = self.why_not()
        if reason:
            raise ProtectorUnavailable(PROTECTOR, reason)

    def _wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Mapping[str, Json]:
        del secrets  # nobody is asked
        self.require()
        credential = self._creds(self._device).encrypt(_name(store_id), kek)
        return {"device": self._device, "credential": to_base64url(credential)}

    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        del secrets
        read = parameters_of(parameters, "device", "credential")
        device, credential = read.text("device"), read.binary("credential", limit=_LARGEST)
        if device and not _DEVICE.fullmatch(device):
            raise KeyStoreDamaged("protector.json", Problem.PARAMETERS)
        if not belongs_here(self._host_secret):
            raise KeyStoreElsewhere(PROTECTOR)
        reason = Tpm2Protector(device).why_not()
        if reason in MAY_BE_GONE:
            # A TPM whose driver is not loaded yet does not make this another machine.
            raise KeyStoreUnreached(PROTECTOR, reason)
        if reason:
            raise ProtectorUnavailable(PROTECTOR, reason)
        return self._creds(device).decrypt(_name(store_id), credential)

    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        del parameters, store_id, candidate
        return False

    def _creds(self, device: str) -> SystemdCreds:
        return SystemdCreds(device or THIS_MACHINES, self._host_secret, self._timeout_s)


def _name(store_id: str) -> str:
    return f"nskeys-{store_id}"

"""The protector `file`: the KEK lies in the clear beside the keys.

It protects nothing but the keys' integrity: whoever can read the disk can read the keys. It is for
machines that have neither a TPM nor a person at hand when a timer runs, and every screen calls it so.

    parameters = {"kek": base64url(32 bytes)}
"""

from collections.abc import Mapping

from nskeys.crypto.keys import KEY_SIZE
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, to_base64url
from nskeys.ports import SecretProvider
from nskeys.protectors.base import BaseProtector, parameters_of


class FileProtector(BaseProtector):
    """Stores the KEK as it is."""

    name = "file"
    asks = False

    def _wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Mapping[str, Json]:
        del store_id, secrets  # nothing binds it, nobody is asked
        return {"kek": to_base64url(kek.reveal())}

    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        del store_id, secrets
        return SecretBytes(parameters_of(parameters, "kek").binary("kek", KEY_SIZE))

    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        del parameters, store_id, candidate
        return False

"""`verify`: does every credential open with the keys of this server?"""

from nskeys.errors import NoSuchKey
from nskeys.model.keys import Kid
from nskeys.model.operations import ProofReport
from nskeys.model.secret import SecretBytes
from nskeys.ports import OpenKeyStore, Progress, SecretProvider, SilentProgress
from nskeys.services.installation import Installation, unlocked
from nskeys.services.proving import prove


class VerifyService:
    """Opens everything, changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(self, secrets: SecretProvider, progress: Progress | None = None) -> ProofReport:
        """Every credential tried with this server's keys."""
        self._installation.require()
        with unlocked(self._installation, secrets) as keys:
            return prove_here(self._installation, keys, progress or SilentProgress())


def prove_here(installation: Installation, keys: OpenKeyStore, progress: Progress) -> ProofReport:
    """The proof with the open key store's keys."""

    def key_of(kid: Kid) -> SecretBytes | None:
        try:
            return keys.key(kid)
        except NoSuchKey:
            return None

    return prove(installation.cmdb, installation.cmdb.cmdb_id(), key_of, progress)

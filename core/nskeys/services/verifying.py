"""`verify`: does every credential open with the keys of this server?"""

from nskeys.model.operations import ProofReport
from nskeys.ports import Progress, SecretProvider, SilentProgress
from nskeys.services.credentials.verify import prove_here
from nskeys.services.installation import Installation, unlocked


class VerifyService:
    """Opens everything, changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(self, secrets: SecretProvider, progress: Progress | None = None) -> ProofReport:
        """Every credential tried with this server's keys."""
        self._installation.require()
        with unlocked(self._installation, secrets) as keys:
            return prove_here(self._installation, keys, progress or SilentProgress())

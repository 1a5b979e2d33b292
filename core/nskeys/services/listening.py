"""What a provider was asked and gave: whether a person typed it, and how often it was refused."""

from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretProvider, SecretRequest

_OF_THE_KEY_STORE = frozenset({Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE, Purpose.PIN})


class Listening:
    """A provider that passes on what another one gives, and remembers nothing of it but this. What opens
    the key store is not its matter: only what opens a backup."""

    def __init__(self, provider: SecretProvider) -> None:
        self._provider = provider
        self.typed = False
        """Whether a person typed what was given last."""
        self.refused = 0
        """How often what was given did not open it."""

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """As the provider."""
        if request.purpose in _OF_THE_KEY_STORE:
            return self._provider(request, retry)
        self.refused = max(self.refused, retry)
        secret = self._provider(request, retry)
        self.typed = secret.typed
        return secret

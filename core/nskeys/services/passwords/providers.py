"""Secret providers over another one: asks once in a run, or notes what was asked and answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nskeys.crypto.keys import new_material
from nskeys.model.secret import LEAST_SCORE, SecretBytes
from nskeys.ports import Protector, Purpose, SecretProvider, SecretRequest
from nskeys.services.passwords.new_password import ask_new_passphrase, weakness
from nskeys.services.passwords.remembered import RememberedPassphrase

_NO_STORE = "0" * 32


class _Prefetched:
    """Gives a passphrase that was asked for already, and passes every other request on."""

    def __init__(self, provider: SecretProvider, passphrase: SecretBytes) -> None:
        self._provider = provider
        self._passphrase = passphrase
        self.weak = weakness(passphrase)

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        if retry or request.purpose not in (Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE):
            return self._provider(request, retry)
        return self._passphrase.copy()


def weak_passphrase(asked: SecretProvider) -> int | None:
    """Return the score of the new passphrase where a person insisted on a weak one, else None."""
    return asked.weak if isinstance(asked, _Prefetched) else None


@contextmanager
def prefetch_secret(
    protector: Protector,
    secrets: SecretProvider,
    refuse: Callable[[SecretBytes], None] | None = None,
    least: int = LEAST_SCORE,
) -> Iterator[SecretProvider]:
    """Ask now for what a new wrapping by `protector` needs, so that the lock is not held while a person
    types. `refuse` raises PasswordRefused for a new passphrase that must not be used."""
    match protector.wants:
        case None:
            yield secrets
        case Purpose.NEW_PASSPHRASE:
            with ask_new_passphrase(secrets, refuse, least) as passphrase:
                yield _Prefetched(secrets, passphrase)
        case _:
            # A PIN that exists already is right or wrong: it is tried, and asked for until it is right.
            with RememberedPassphrase(secrets) as known, new_material() as trial:
                protector.wrap(trial, _NO_STORE, known)
                yield known


_OF_THE_KEY_STORE = frozenset({Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE, Purpose.PIN})


class RecordingSecretProvider:
    """A provider that passes on what another one gives, and notes whether a person typed what opens the
    backup and how often that was refused; requests about the key store are not noted."""

    def __init__(self, provider: SecretProvider) -> None:
        self._provider = provider
        self.typed = False
        """Whether a person typed what was given last."""
        self.refused = 0
        """How often what was given did not open it."""

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        if request.purpose in _OF_THE_KEY_STORE:
            return self._provider(request, retry)
        self.refused = max(self.refused, retry)
        secret = self._provider(request, retry)
        self.typed = secret.typed
        return secret

"""Asks for the key store's passphrase or its token's PIN once in a run."""

from nskeys.model.secret import SecretBytes, Wipeable
from nskeys.ports import Purpose, SecretProvider, SecretRequest

_OPENING = {Purpose.PASSPHRASE: "passphrase", Purpose.NEW_PASSPHRASE: "passphrase", Purpose.PIN: "pin"}
"""What opens a key store: a new passphrase is the passphrase from then on."""


class RememberedPassphrase(Wipeable):
    """A provider that asks for the key store's passphrase, or its token's PIN, once and gives copies of it
    afterwards, until its `with` block ends."""

    def __init__(self, provider: SecretProvider) -> None:
        self._provider = provider
        self._known: dict[str, SecretBytes] = {}

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Give the secret; after a refusal (`retry` above 0) the remembered one is forgotten first."""
        what = _OPENING.get(request.purpose)
        if what is None:
            return self._provider(request, retry)
        if retry or request.purpose is Purpose.NEW_PASSPHRASE or what not in self._known:
            self._forget(what)
            self._known[what] = self._provider(request, retry)
        return self._known[what].copy()

    def remember(self, purpose: Purpose, secret: SecretBytes) -> None:
        """Remember a secret that was asked for already; it is wiped when it is forgotten."""
        what = _OPENING[purpose]
        self._forget(what)
        self._known[what] = secret

    def take_over(self, other: "RememberedPassphrase") -> None:
        """Take over what `other` remembers, and only that; `other` remembers nothing afterwards."""
        self.wipe()
        self._known, other._known = other._known, {}

    def wipe(self) -> None:
        """Wipe what is remembered."""
        for what in tuple(self._known):
            self._forget(what)

    def _forget(self, what: str) -> None:
        if what in self._known:
            self._known.pop(what).wipe()

"""Secrets that were asked for once: before the lock is taken, or once in a run of the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from nskeys.model.secret import SecretBytes
from nskeys.ports import Protector, Purpose, SecretProvider, SecretRequest
from nskeys.services.passwords import ask_new_passphrase


class RememberedPassphrase:
    """A provider that asks for the key store's passphrase once and gives copies of it afterwards, until
    its `with` block ends."""

    def __init__(self, provider: SecretProvider) -> None:
        self._provider = provider
        self._passphrase: SecretBytes | None = None

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """As the provider; a passphrase that was refused (`retry` above 0) is forgotten first."""
        if request.purpose not in (Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE):
            return self._provider(request, retry)
        if retry or request.purpose is Purpose.NEW_PASSPHRASE or self._passphrase is None:
            self.forget()
            self._passphrase = self._provider(request, retry)
        return SecretBytes(self._passphrase.reveal())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.forget()

    def forget(self) -> None:
        """Wipe what is remembered."""
        if self._passphrase is not None:
            self._passphrase.wipe()
        self._passphrase = None


class _Asked:
    """Gives a passphrase that was asked for already, and passes everything else on."""

    def __init__(self, provider: SecretProvider, passphrase: SecretBytes) -> None:
        self._provider = provider
        self._passphrase = passphrase

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        if retry or request.purpose not in (Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE):
            return self._provider(request, retry)
        return SecretBytes(self._passphrase.reveal())


@contextmanager
def asked_before(protector: Protector, secrets: SecretProvider) -> Iterator[SecretProvider]:
    """Ask what a new wrapping by `protector` needs now, so that the lock need not wait for a person."""
    if not protector.asks:
        yield secrets
        return
    with ask_new_passphrase(secrets) as passphrase:
        yield _Asked(secrets, passphrase)

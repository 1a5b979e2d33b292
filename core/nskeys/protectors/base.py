"""What all protectors share: the public half checks, the private half does the work."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from nskeys.crypto.keys import KEY_SIZE
from nskeys.errors import KeyStoreDamaged
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Fields, Json
from nskeys.ports import Purpose, SecretProvider, Wrapped
from nskeys.reasons import Problem


class BaseProtector(ABC):
    """A protector of the port's shape. One that is added gives `name`, `asks`, `wants`, `_wrap`,
    `_unwrap` and `_opens_with`."""

    name: str
    asks: bool
    wants: Purpose | None = None

    def require(self) -> None:  # noqa: B027  # most protectors need nothing but the program itself
        """ProtectorUnavailable where this machine cannot wrap with it."""

    def wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Wrapped:
        """Wrap a 32-byte KEK for the store `store_id` (32 hex digits)."""
        if len(kek) != KEY_SIZE:
            raise ValueError("a KEK is 32 bytes")
        return Wrapped(self._wrap(kek, store_id, secrets))

    def unwrap(self, wrapped: Wrapped, store_id: str, secrets: SecretProvider) -> SecretBytes:
        """The KEK again; WrongPassword, KeyStoreElsewhere, KeyStoreDamaged or ProtectorUnavailable where
        it is not had."""
        kek = self._unwrap(wrapped.parameters, store_id, secrets)
        if len(kek) != KEY_SIZE:
            kek.wipe()
            raise KeyStoreDamaged("protector.json", Problem.KEK_SIZE)
        return kek

    def opens_with(self, wrapped: Wrapped, store_id: str, candidate: SecretBytes) -> bool:
        """Whether `candidate`, say a new backup password, would unwrap this KEK."""
        return self._opens_with(wrapped.parameters, store_id, candidate)

    @abstractmethod
    def _wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Mapping[str, Json]:
        """The parameters that `_unwrap` needs; they hold the wrapped KEK."""

    @abstractmethod
    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        """The KEK from parameters that a file gave: hostile until checked."""

    @abstractmethod
    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        """Whether a password alone gives the KEK, and this is the one."""


def parameters_of(parameters: Mapping[str, Json], *names: str) -> Fields:
    """Parameters that have exactly these names; KeyStoreDamaged (`parameters`) where one is not as it was
    written."""
    return Fields(parameters, _damaged).only(*names)


def _damaged(problem: str) -> KeyStoreDamaged:
    del problem  # whatever it is, the advice is the same
    return KeyStoreDamaged("protector.json", Problem.PARAMETERS)

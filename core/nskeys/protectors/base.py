"""The base of all protectors: its public methods check, the subclass's private ones do the work."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from nskeys.crypto.keys import KEY_SIZE
from nskeys.errors import KeyStoreDamaged
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Fields, Json
from nskeys.ports import Purpose, SecretProvider, Wrapped
from nskeys.reasons import Problem


class BaseProtector(ABC):
    """A protector after the port. A subclass defines `name`, `asks`, `wants`, `_wrap`, `_unwrap` and
    `_opens_with`."""

    name: str
    asks: bool
    wants: Purpose | None = None

    def require(self) -> None:  # noqa: B027  # most protectors need nothing but the program itself
        ...

    def wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Wrapped:
        if len(kek) != KEY_SIZE:
            raise ValueError("a KEK is 32 bytes")
        return Wrapped(self._wrap(kek, store_id, secrets))

    def unwrap(self, wrapped: Wrapped, store_id: str, secrets: SecretProvider) -> SecretBytes:
        kek = self._unwrap(wrapped.parameters, store_id, secrets)
        if len(kek) != KEY_SIZE:
            kek.wipe()
            raise KeyStoreDamaged("protector.json", Problem.KEK_SIZE)
        return kek

    def opens_with(self, wrapped: Wrapped, store_id: str, candidate: SecretBytes) -> bool:
        return self._opens_with(wrapped.parameters, store_id, candidate)

    @abstractmethod
    def _wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Mapping[str, Json]:
        """Return the parameters that `_unwrap` needs; they hold the wrapped KEK."""

    @abstractmethod
    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        """Return the KEK from parameters out of a file, which are hostile until checked."""

    @abstractmethod
    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        """Return whether a password alone gives this KEK."""


def parameters_of(parameters: Mapping[str, Json], *names: str) -> Fields:
    """Parameters that have exactly these names; KeyStoreDamaged (`parameters`) where one is not as it was
    written."""
    return Fields(parameters, _damaged).only(*names)


def _damaged(problem: str) -> KeyStoreDamaged:
    del problem  # whatever it is, the advice is the same
    return KeyStoreDamaged("protector.json", Problem.PARAMETERS)

"""The base of all protectors: its public methods check, the subclass's private ones do the work."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from nskeys.crypto.keys import KEY_SIZE
from nskeys.errors import KeyStoreDamaged
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, from_base64url
from nskeys.ports import Purpose, SecretProvider, Wrapped


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
            raise KeyStoreDamaged("protector.json", "kek_size")
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


class Parameters:
    """Reads parameters that have exactly these names. Raises KeyStoreDamaged (`parameters`) where one is
    malformed."""

    def __init__(self, parameters: Mapping[str, Json], *names: str) -> None:
        if set(parameters) != set(names):
            raise _damaged()
        self._parameters = parameters

    def text(self, name: str) -> str:
        value = self._parameters[name]
        if not isinstance(value, str):
            raise _damaged()
        return value

    def number(self, name: str) -> int:
        """Return an integer, of any size."""
        value = self._parameters[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise _damaged()
        return value

    def data(self, name: str, size: int) -> bytes:
        """Return this many bytes of base64url."""
        data = self.data_up_to(name, size)
        if len(data) != size:
            raise _damaged()
        return data

    def data_up_to(self, name: str, most: int) -> bytes:
        """Return at most this many bytes of base64url."""
        try:
            data = from_base64url(self.text(name))
        except ValueError:
            raise _damaged() from None
        if len(data) > most:
            raise _damaged()
        return data


def _damaged() -> KeyStoreDamaged:
    return KeyStoreDamaged("protector.json", "parameters")

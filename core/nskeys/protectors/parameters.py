"""Reading a protector's parameters, which come from a file and may say anything."""

from collections.abc import Mapping

from nskeys.errors import KeyStoreDamaged
from nskeys.model.signed_json import Json, from_base64url


class Parameters:
    """Parameters that have exactly these names; KeyStoreDamaged (`parameters`) where one is not as it
    was written."""

    def __init__(self, parameters: Mapping[str, Json], *names: str) -> None:
        if set(parameters) != set(names):
            raise _damaged()
        self._parameters = parameters

    def text(self, name: str) -> str:
        """A string."""
        value = self._parameters[name]
        if not isinstance(value, str):
            raise _damaged()
        return value

    def number(self, name: str) -> int:
        """An integer, of any size."""
        value = self._parameters[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise _damaged()
        return value

    def data(self, name: str, size: int) -> bytes:
        """So many bytes, in base64url."""
        data = self.data_up_to(name, size)
        if len(data) != size:
            raise _damaged()
        return data

    def data_up_to(self, name: str, most: int) -> bytes:
        """At most so many bytes, in base64url."""
        try:
            data = from_base64url(self.text(name))
        except ValueError:
            raise _damaged() from None
        if len(data) > most:
            raise _damaged()
        return data


def _damaged() -> KeyStoreDamaged:
    return KeyStoreDamaged("protector.json", "parameters")

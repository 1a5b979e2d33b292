"""What opens encrypted exports, answer by answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from nskeys.errors import SecretUnavailable, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose
from nskeys.reasons import Wanted

T = TypeVar("T")


@dataclass
class Opening:
    """ports.ExportUnlock; gives the passwords in their order, and the key file. `asked` holds every
    purpose."""

    passwords: Sequence[str] = ()
    key_file: bytes = b""
    asked: list[Purpose] = field(default_factory=list)

    def __call__(self, purpose: Purpose, opens: Callable[[SecretBytes], T]) -> T:
        left = list(self.passwords)
        while True:
            self.asked.append(purpose)
            if purpose is Purpose.EXPORT_KEY_FILE:
                return opens(SecretBytes(self.key_file))
            if not left:
                raise SecretUnavailable(Wanted(purpose))
            try:
                return opens(SecretBytes(left.pop(0).encode()))
            except WrongPassword:
                pass

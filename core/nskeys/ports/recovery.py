"""Where the home keeps its recovery identities."""

from collections.abc import Mapping
from typing import Protocol


class RecoveryStore(Protocol):
    """`recovery/` in the home: the signed record, and an identity file for each kind. Bytes only: what they
    say, and whether they belong together, is judged above."""

    @property
    def path(self) -> str:
        """The record's path, for messages."""
        ...

    def path_of(self, member: str) -> str:
        """An identity file's path, for messages."""
        ...

    def record(self) -> bytes | None:
        """The record; None where there is none. FileUnreadable."""
        ...

    def candidates(self, member: str) -> tuple[bytes, ...]:
        """What may be the identity file of this name: the one that lies there, and one that a change which
        was broken off left beside it. FileUnreadable."""
        ...

    def write(self, record: bytes, files: Mapping[str, bytes]) -> None:
        """The record and every identity file that belongs to it, durably: killed anywhere, the record that
        is there has its files among the `candidates`. CannotCreate."""
        ...

"""What is wiped when its `with` block ends, however that ends."""

from types import TracebackType
from typing import Self


class WipedAfterwards:
    """A context manager that ends with `wipe`, which whoever is one brings along."""

    __slots__ = ()

    def wipe(self) -> None:
        """Overwrite what is secret; a second time does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()

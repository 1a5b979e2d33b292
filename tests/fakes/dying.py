"""A process that is killed: at its n-th call of a port it is gone, and no clean-up runs.

`Killed` is no `Exception`, so nothing that handles errors sees it. A transaction that was open is rolled
back and the lock is free again, as the kernel and the database see to after a real death.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeVar, cast

from nskeys.services.installation import Installation

_PORTS = (
    "home",
    "settings",
    "cmdb",
    "key_store",
    "registry",
    "identity_files",
    "checkpoint",
    "events",
    "destinations",
    "lock",
)
_T = TypeVar("_T")


class Killed(BaseException):
    """The process is gone; the name of the call it never made."""


class Life:
    """Counts calls and ends before the one with the number `last`; 0 lives on."""

    def __init__(self, last: int = 0) -> None:
        self.calls: list[str] = []
        self.given: list[tuple[str, dict[str, Any]]] = []
        """Each call with the arguments that were named."""
        self._last = last

    def step(self, call: str) -> None:
        """One more call is about to be made."""
        self.calls.append(call)
        # Whatever still runs beside it dies with it.
        if self._last and len(self.calls) >= self._last:
            raise Killed(call)

    def of(self, installation: Installation) -> Installation:
        """The installation, as a process with this life sees it."""
        ports = {name: self.mortal(getattr(installation, name), name) for name in _PORTS}
        return replace(installation, **ports)

    def mortal(self, thing: _T, name: str) -> _T:
        """One part, as a process with this life sees it."""
        return cast(_T, _Mortal(self, thing, name))

    def dressed(self, result: Any, name: str) -> Any:
        """What a call gave back, mortal too where it is a part with methods of its own."""
        if isinstance(result, tuple) and type(result) is tuple:
            return tuple(self.dressed(item, name) for item in result)
        if isinstance(result, AbstractContextManager) and type(result).__module__ == "contextlib":
            return _Context(self, result, name)
        is_part = type(result).__module__.startswith(("tests.fakes.memory", "nskeys.store", "nskeys.dest"))
        return self.mortal(result, name) if is_part else result


class _Mortal:
    def __init__(self, life: Life, thing: object, name: str) -> None:
        self._life = life
        self._thing = thing
        self._name = name

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._thing, method)
        if not callable(found):
            return found
        name = f"{self._name}.{method}"

        def call(*given: Any, **named: Any) -> Any:
            self._life.step(name)
            self._life.given.append((name, named))
            return self._life.dressed(found(*given, **named), name)

        return call


class _Context:
    """A `with` block of a port; ending it, which commits, is a call as well."""

    def __init__(self, life: Life, inner: AbstractContextManager[Any], name: str) -> None:
        self._life = life
        self._inner = inner
        self._name = name

    def __enter__(self) -> Any:
        return self._life.dressed(self._inner.__enter__(), self._name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if error is None:
            try:
                self._life.step(f"{self._name} ends")
            except Killed as killed:
                self._inner.__exit__(Killed, killed, killed.__traceback__)
                raise
        return self._inner.__exit__(kind, error, trace)


def every_death(act: Callable[[Life], None], survive: Callable[[Life], None]) -> list[str]:
    """Let `act` die before its first call, its second, ... until it lives; after each death `survive`
    looks at what is left. The calls of the one that lived."""
    number = 0
    while True:
        number += 1
        life = Life(number)
        try:
            act(life)
        except Killed:
            survive(life)
        else:
            return life.calls

"""The root of the error tree."""

from dataclasses import dataclass


@dataclass(eq=False)
class NskeysError(Exception):
    """The root. Every subclass is one thing that happened, with the facts that describe it."""

    def __str__(self) -> str:
        return type(self).__name__

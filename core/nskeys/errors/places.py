"""Destinations and files."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class DestinationInvalid(NskeysError):
    """A destination cannot be understood; `problem` is a token. `instead` is how to write what was meant;
    `there`: a file or folder of exactly this name is in the present folder."""

    destination: str
    problem: str
    instead: str = ""
    there: bool = False


@dataclass(eq=False)
class DestinationUnreachable(NskeysError):
    """A destination cannot be reached or is gone; `problem` is a token. `left` is the address of a
    temporary file that could not be removed there any more. `said` is what the server itself says that
    shows why, as it came."""

    destination: str
    problem: str
    left: str = ""
    said: str = ""


@dataclass(eq=False)
class CannotCreate(NskeysError):
    """A file cannot be written at `path`; `problem`: `no_space`, `not_permitted`, `read_only`, ...; `said`
    is what a server said, in its words."""

    path: str
    problem: str
    said: str = ""


@dataclass(eq=False)
class CannotRemove(NskeysError):
    """The file at `path` cannot be removed; `problem`: `not_permitted`, `read_only`, ..."""

    path: str
    problem: str


@dataclass(eq=False)
class FileUnreadable(NskeysError):
    """A file that was named cannot be read; `problem`: `missing`, `not_permitted`, `not_a_file`,
    `too_large`, `utf16`, `utf32`, ..."""

    path: str
    problem: str

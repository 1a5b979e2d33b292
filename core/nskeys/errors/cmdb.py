"""The CMDB."""

from dataclasses import dataclass, field

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class CmdbUnreachable(NskeysError):
    """The CMDB cannot be opened; `problem` is a token, `detail` free text from outside."""

    cmdb: str
    problem: str
    detail: str = ""


@dataclass(eq=False)
class CmdbForbids(CmdbUnreachable):
    """The server does not let this role do what is needed."""


@dataclass(eq=False)
class CmdbFull(CmdbUnreachable):
    """The server has no connection free just now."""


@dataclass(eq=False)
class CmdbBusy(NskeysError):
    """Another program holds the CMDB's own lock."""

    cmdb: str


@dataclass(eq=False)
class CmdbAltered(NskeysError):
    """The database has something among its tables that nskeys did not make and that could change what is
    read or written; `objects` as `trigger t on register`."""

    cmdb: str
    objects: tuple[str, ...]


@dataclass(eq=False)
class CmdbDamaged(NskeysError):
    """A row of the CMDB is not what nskeys writes; `table` and `problem` say where and what."""

    table: str
    problem: str
    rows: tuple[str, ...] = field(default=())

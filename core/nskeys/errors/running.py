"""The home, the lock, and what stops an operation."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


class _SetUp(NskeysError):
    """The home is not as a command needs it."""


@dataclass(eq=False)
class NotSetUp(_SetUp):
    """There is no installation in this home; `credentials` rows wait in its CMDB (0: none)."""

    home: str
    credentials: int = 0


@dataclass(eq=False)
class AlreadySetUp(_SetUp):
    """`init` was asked for a home that already has keys."""

    home: str


@dataclass(eq=False)
class HomeUnreadable(_SetUp):
    """The home exists, but this user may not read it."""

    home: str


@dataclass(eq=False)
class HomeUnreachable(_SetUp):
    """The home cannot be opened, for a reason that lies in its disk or its name; `problem` is a token."""

    home: str
    problem: str


@dataclass(eq=False)
class HomeNotSafe(_SetUp):
    """Another user may change `path`, which is the home, lies in it or above it (`above`): `problem` is
    `others_write`, or `other_owner` with the `owner`'s name; `user` is who runs this."""

    home: str
    path: str
    problem: str
    owner: str
    user: str
    above: bool = False


@dataclass(eq=False)
class NewerVersion(_SetUp):
    """Something was written by a newer nskeys; `what` is `cmdb`, `store`, `config` or `backup`."""

    what: str
    found: int
    known: int


@dataclass(eq=False)
class ConfigurationInvalid(_SetUp):
    """`config.toml` or another file of the home cannot be used; `problem` is a token."""

    path: str
    problem: str
    detail: str = ""


@dataclass(eq=False)
class CredentialsWithoutKeys(_SetUp):
    """A first key was asked for while the CMDB holds credentials sealed under unknown keys."""

    credentials: int


@dataclass(eq=False)
class LossCountWrong(_SetUp):
    """`--accept-loss` named another number than the credentials that would be lost."""

    given: int
    actual: int


@dataclass(eq=False)
class Locked(NskeysError):
    """Somebody else is changing this installation right now."""

    holder: str
    pid: int
    doing: str
    since: str


@dataclass(eq=False)
class PlanOutdated(NskeysError):
    """What the plan saw no longer holds; `what` is the operation."""

    what: str


@dataclass(eq=False)
class Cancelled(NskeysError):
    """A person stopped the operation, between two steps that each leave everything whole."""

    what: str = ""


@dataclass(eq=False)
class NotPermitted(NskeysError):
    """The operating system refused access to `path`."""

    path: str

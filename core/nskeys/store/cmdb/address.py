"""The address of a CMDB, parsed from its URL. Nothing is opened or imported for it.

    sqlite:////var/lib/nskeys/cmdb.sqlite3     all behind the third slash is the path, as it stands
    postgresql://nskeys@db01,db02/nskeys       libpq's own address ("Connection URIs"), but no password

A password in a URL would end up in configuration, process lists and logs; libpq takes it from its
passfile (PostgreSQL documentation, "The Password File").
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from nskeys.errors import ConfigurationInvalid
from nskeys.model.plain_text import is_text
from nskeys.reasons import Problem

_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


class SqliteAddress(NamedTuple):
    """A file on this machine."""

    path: Path

    @property
    def shown(self) -> str:
        return str(self.path)

    @property
    def url(self) -> str:
        return url_of(self.path)

    @property
    def home(self) -> str:
        """The folder of the file."""
        return str(self.path.parent)


class PostgresAddress(NamedTuple):
    """A database on a PostgreSQL server; `rest` is everything behind `postgresql://`."""

    rest: str

    @property
    def shown(self) -> str:
        return f"postgresql://{self.rest}"

    @property
    def url(self) -> str:
        return self.shown

    @property
    def home(self) -> str:
        """The URL too: a database on a server has no folder."""
        return self.shown


CmdbAddress = SqliteAddress | PostgresAddress


def url_of(path: Path) -> str:
    """Return the URL of a file."""
    return f"sqlite:///{path.absolute()}"


def of_address(address: str) -> str:
    """Return the URL of an address that may be the path of a file. Raises ConfigurationInvalid:
    `no_file`, `unknown_database` for libpq's other spelling (`host=db password=...`)."""
    if "://" in address or "\x00" in address:
        return address
    if not address:
        raise ConfigurationInvalid(address, Problem.NO_FILE)
    name, equals, _ = address.partition("=")
    if equals and "/" not in name:  # it may hold a password, so it is not repeated
        raise ConfigurationInvalid("", Problem.UNKNOWN_DATABASE)
    return url_of(Path(address).expanduser())


def understand(url: str) -> CmdbAddress:
    """Return the address in a URL. Raises ConfigurationInvalid: `password_in_url`, `unknown_database`,
    `no_file`, `zero_character`, `not_utf8` for a server."""
    scheme, found, rest = url.partition("://")
    if "\x00" in url:
        raise ConfigurationInvalid(scheme, Problem.ZERO_CHARACTER)
    if found and scheme in _SQLITE:
        if not rest.startswith("/") or rest[1:] in ("", ":memory:"):
            raise ConfigurationInvalid(f"{scheme}://", Problem.NO_FILE)
        return SqliteAddress(Path(rest[1:]).absolute())
    if found and scheme in _POSTGRES:
        if _tells_password(rest):
            raise ConfigurationInvalid(f"{scheme}://", Problem.HAS_PASSWORD)
        if not is_text(rest):
            raise ConfigurationInvalid(f"{scheme}://", Problem.NOT_UTF8)
        return PostgresAddress(rest)
    # The rest may hold a password of whatever this was meant to be: it is not repeated.
    raise ConfigurationInvalid(scheme if found else "", Problem.UNKNOWN_DATABASE)


def _tells_password(rest: str) -> bool:
    """Return whether a URL may hold a password: between `:` and an `@`, or in a parameter. An empty one
    does not count, for libpq neither."""
    authority, _, query = rest.partition("?")
    if _user_has_password(authority):
        return True
    named = ((name.lower(), value) for name, value in parse_qsl(query, keep_blank_values=True))
    return any(
        value and ("password" in name or "secret" in name or name.startswith("scram_"))
        for name, value in named
    )


def _user_has_password(place: str) -> bool:
    """Return whether a password stands before the last `@`, also one with a slash or an `@` in it, which
    libpq would misread; a port is not one."""
    user, at, _ = place.rpartition("@")
    name, colon, password = user.partition(":")
    if not at or not colon or not password:
        return False
    return "/" not in name and not ("/" in user and _is_hosts(user))


def _is_hosts(text: str) -> bool:
    """Return whether it is a list of hosts with numeric ports, and a database's name after them."""
    hosts, _, _ = text.partition("/")
    return all(
        not port or port.isdigit() for _, _, port in (host.rpartition(":") for host in hosts.split(","))
    )

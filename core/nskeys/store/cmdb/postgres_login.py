"""Logging in to a PostgreSQL server: what the address leaves open gets a safe default.

The address is libpq's own (PostgreSQL documentation, "Connection Strings"), completed by a service in
`pg_service.conf` and the variables `PG...`. A password is protected from a machine that answers in the
server's place: over TCP to this machine it is not sent in the clear or as MD5; to another machine TLS is
verified, and nothing weaker than SCRAM is accepted. Only the address itself can weaken this.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from nskeys.errors import ConfigurationInvalid
from nskeys.model.database import DatabaseLogin, LoginSafety
from nskeys.reasons import Problem
from nskeys.store.cmdb.address import PostgresAddress

_CONNECT_SECONDS = 10
_SILENCE = 20
"""Seconds after which a server that acknowledges nothing is gone; without it the system retransmits for
a quarter of an hour, and a waiting reader hangs for two hours. A long query does not matter: the
server's kernel acknowledges."""

_TIMEOUTS = {
    "connect_timeout": _CONNECT_SECONDS,
    "tcp_user_timeout": _SILENCE * 1000,
    "keepalives_idle": _SILENCE // 4,
    "keepalives_interval": _SILENCE // 4,
    "keepalives_count": 3,
    "fallback_application_name": "nskeys",
}
_HERE = {"require_auth": "!password,!md5"}
_ELSEWHERE = {"sslmode": "verify-full", "require_auth": "scram-sha-256"}


@dataclass(frozen=True)
class Login:
    """The parameters that psycopg connects with."""

    conninfo: str
    options: dict[str, Any]
    several_hosts: bool
    """Whether the primary is to be looked for among several hosts."""
    shown: DatabaseLogin


def login(psycopg: Any, address: PostgresAddress) -> Login:
    """Return the parameters for a URL. Raises ConfigurationInvalid (`not_url`) where libpq cannot parse
    it."""
    try:
        given = psycopg.conninfo.conninfo_to_dict(address.shown)
    except psycopg.ProgrammingError:
        raise ConfigurationInvalid("postgresql://", Problem.NOT_URL) from None
    hosts = _hosts(psycopg, address, given)
    required = _required(hosts)
    weakened = tuple(f"{name}={given[name]}" for name in required if name in given)
    return Login(
        conninfo=address.shown,
        options={name: value for name, value in {**_TIMEOUTS, **required}.items() if name not in given}
        | {"client_encoding": "utf8"},
        several_hosts=len(hosts) > 1 and "target_session_attrs" not in given,
        shown=DatabaseLogin(_SAFETY[tuple(sorted(required))], weakened),
    )


_SAFETY = {
    (): LoginSafety.SOCKET,
    tuple(sorted(_HERE)): LoginSafety.THIS_MACHINE,
    tuple(sorted(_ELSEWHERE)): LoginSafety.OTHER_MACHINE,
}


def _hosts(psycopg: Any, address: PostgresAddress, given: dict[str, Any]) -> list[str]:
    """Return the hosts that libpq would connect to, by address where it has one. libpq completes an address
    without hosts; this sends nothing."""
    known = given
    if not (given.get("host") or given.get("hostaddr")):
        started = psycopg.pq.PGconn.connect_start(address.shown.encode())
        try:
            known = {
                option.keyword.decode(): option.val.decode(errors="replace")
                for option in started.info
                if option.val is not None
            }
        finally:
            started.finish()
    names, addresses = ((known.get(key) or "").split(",") for key in ("host", "hostaddr"))
    length = max(len(names), len(addresses))
    names += [""] * (length - len(names))
    addresses += [""] * (length - len(addresses))
    return [numeric or name for name, numeric in zip(names, addresses, strict=True)]


def _required(hosts: list[str]) -> dict[str, str]:
    if any(not _is_here(host) for host in hosts):
        return _ELSEWHERE
    return {} if all(_is_socket(host) for host in hosts) else _HERE


def _is_socket(host: str) -> bool:
    return host == "" or host.startswith(("/", "@"))


def _is_here(host: str) -> bool:
    if _is_socket(host) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

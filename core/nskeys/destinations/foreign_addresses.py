"""Addresses in the style of other programs: none of them is a folder, and each has an equivalent here.

    user@host:/path  host:path  host::module  [fd00::9]:/path      scp, rsync
    sftp:user@host:/path  rclone:remote:path  s3:host/bucket       restic, rclone
    scp://user@host/path  ssh://host  smb://host/share  nfs://...   URLs
    \\\\host\\share  //host/share  C:\\folder                          Windows

A folder with such a name is meant where it begins with `/`, `./`, `../` or `~`.
"""

import os
import re

from nskeys.errors import DestinationInvalid
from nskeys.reasons import Problem

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_OF_SSH = re.compile(r"(?:sftp|scp|ssh|rsync)(?:\+[a-z]+)?", re.IGNORECASE)
_PREFIX = re.compile(r"(?:sftp|scp|ssh|rsync):", re.IGNORECASE)
_SHARE = re.compile(r"smb|cifs|nfs4?|dav|davs|webdavs?|afp", re.IGNORECASE)
_FOLDER = re.compile(r"file:/*(?P<path>/.*)", re.IGNORECASE | re.DOTALL)
_BUCKET = re.compile(
    r"s3:/?(?P<scheme>https?://)?(?:(?P<host>[^/]+[.:][^/]+)/)?(?P<path>[^:@]*)", re.IGNORECASE | re.DOTALL
)
_DRIVE = re.compile(r"[A-Za-z]:(?:[\\/]|$)")
_REMOTE = re.compile(
    r"(?:(?P<user>[^@/:]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^@/:\[\]]+)(?P<colons>::?)(?P<path>.*)", re.DOTALL
)
_LOGIN_FIRST = re.compile(r"[^@/:]+@[^@/:]+(?:/.*)?", re.DOTALL)
_MEANT = ("/", "./", "../", "~")


def check(address: str, top: "frozenset[str] | None" = None) -> None:
    """Raise DestinationInvalid where an address is in another program's style: `other_style`, with the
    equivalent where there is one, `share`, which has to be mounted, or `unknown_scheme`. `top` are the
    names in `/` (None: they are read)."""
    url = _URL.match(address)
    if url is not None:
        _check_scheme(address, url["scheme"], url["rest"])
    elif address.startswith("\\") or _DRIVE.match(address) or _is_share(address, top):
        raise DestinationInvalid(address, Problem.SHARE, there=_is_here(address))
    elif not address.startswith(_MEANT):
        first = address.partition("/")[0]
        if ":" in first or "@" in first:
            raise DestinationInvalid(address, Problem.OTHER_STYLE, _instead(address), _is_here(address))


def _check_scheme(address: str, scheme: str, rest: str) -> None:
    if _SHARE.fullmatch(scheme):
        raise DestinationInvalid(_without_password(address, scheme, rest), Problem.SHARE)
    if scheme.lower() != "sftp" and _OF_SSH.fullmatch(scheme):
        raise DestinationInvalid(
            _without_password(address, scheme, rest), Problem.OTHER_STYLE, _checked(rest)
        )


def _is_share(address: str, top: "frozenset[str] | None") -> bool:
    """Return whether this is `//host/share`: it is a path where `/` has a folder of that name."""
    if not address.startswith("//") or address.startswith("///") or "/" not in address.rstrip("/")[2:]:
        return False
    if top is None:
        try:
            top = frozenset(os.listdir("/"))  # noqa: PTH208  # names alone: a look may wait for a mount
        except OSError:
            return False
    return address[2:].partition("/")[0] not in (*top, ".", "..")


def _instead(address: str) -> str:
    """Return the equivalent; empty where it is not clear."""
    if folder := _FOLDER.match(address):
        return folder["path"]
    if bucket := _BUCKET.fullmatch(address):
        return _bucket(**bucket.groupdict())
    plain = _PREFIX.sub("", address, count=1).removeprefix("//")
    login, _, host = plain.partition("/")[0].rpartition("@")
    if ":" in login:
        raise DestinationInvalid(f"{login.partition(':')[0]}@{host}", Problem.HAS_PASSWORD)
    if _LOGIN_FIRST.fullmatch(plain):
        return _checked(plain)
    remote = _REMOTE.fullmatch(plain)
    if remote is None:
        return _checked(plain)
    path = remote["path"]
    if path and not path.startswith("/"):
        path = f"/{path}" if path.startswith("~") else f"/~/{path}"
    user = f"{remote['user']}@" if remote["user"] else ""
    return _checked(f"{user}{remote['host']}{path}")


def _bucket(scheme: str | None, host: str | None, path: str) -> str:
    """Return the `s3://` equivalent, or its general form where it is not a valid address."""
    endpoint = f"?endpoint={host}" if host else ""
    plain = "&tls=no" if scheme and scheme.lower() == "http://" else ""
    try:
        from nskeys.destinations.s3.address import parse as bucket_of

        return str(bucket_of(f"s3://{path.strip('/')}{endpoint}{plain}"))
    except DestinationInvalid:
        return "s3://bucket/prefix"


def _checked(rest: str) -> str:
    """Return the rest as an `sftp://` address where it is one, else nothing. Raises DestinationInvalid
    (`has_password`)."""
    try:
        from nskeys.destinations.ssh.address import SCHEME, parse

        return str(parse(SCHEME + rest))
    except DestinationInvalid as error:
        if error.problem is Problem.HAS_PASSWORD:
            raise
        return ""


def _without_password(address: str, scheme: str, rest: str) -> str:
    """Return the address to be repeated."""
    login, at, host = rest.partition("/")[0].rpartition("@")
    if not at or ":" not in login:
        return address
    return f"{scheme}://{login.partition(':')[0]}@{host}{rest[len(login) + 1 + len(host) :]}"


def _is_here(address: str) -> bool:
    """Return whether the working folder has an entry of exactly this name."""
    return "\0" not in address and os.path.lexists(address)

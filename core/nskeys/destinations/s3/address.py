"""Addresses of buckets: `s3://bucket/prefix`, with the server in a query where it is not Amazon's.

    s3://nskeys-backups/ns01
    s3://nskeys-backups/ns01?endpoint=minio.example.net:9000&region=eu-1&profile=backup
    s3://nskeys-backups/ns01?endpoint=10.1.2.3:9000&tls=no

Everything that leads to a file stands in its address, so that a register row alone finds it again. What
opens the door does not: an address with a key in it is refused, and not repeated.
"""

import re
from dataclasses import dataclass, replace

from nskeys.destinations.location import is_loopback
from nskeys.errors import DestinationInvalid
from nskeys.reasons import Problem

INSTANCE = "instance"
"""`auth=instance`: the login is that of the cloud machine."""

_SCHEME = re.compile(r"s3://", re.IGNORECASE)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_PROFILE = re.compile(r"[A-Za-z0-9_.@+-]{1,64}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PORTS = range(1, 65_536)


@dataclass(frozen=True, slots=True)
class S3Address:
    """A parsed address. `path` is a prefix, or a file's whole key, without slashes at its ends."""

    bucket: str
    path: str
    endpoint: str = ""
    """`host` or `host:port`; empty for Amazon's of the region."""
    tls: bool = True
    region: str = ""
    profile: str = ""
    auth: str = ""

    def __str__(self) -> str:
        parameters = [
            ("endpoint", self.endpoint),
            ("tls", "" if self.tls else "no"),
            ("region", self.region),
            ("profile", self.profile),
            ("auth", self.auth),
        ]
        query = "&".join(f"{name}={value}" for name, value in parameters if value)
        path = f"/{self.path}" if self.path else ""
        return f"s3://{self.bucket}{path}" + (f"?{query}" if query else "")

    @property
    def url(self) -> str:
        """The endpoint as a URL; empty for Amazon's."""
        return f"{'https' if self.tls else 'http'}://{self.endpoint}" if self.endpoint else ""

    @property
    def host(self) -> str:
        """The endpoint's host, a name or an address; empty for Amazon's."""
        match = _ENDPOINT.fullmatch(self.endpoint)
        return match["host"].strip("[]") if match else ""

    def file(self, name: str) -> "S3Address":
        """Return the file of this name below this prefix. Raises DestinationInvalid (`no_file`)."""
        if name in ("", ".", "..") or re.search(r"[/?]", name) or _UNSEEN.search(name):
            raise DestinationInvalid(name, Problem.NO_FILE)
        return replace(self, path=f"{self.path}/{name}" if self.path else name)

    def split(self) -> tuple["S3Address", str]:
        """Return a file's prefix and its name; an empty name where the address is a bucket's."""
        folder, _, name = self.path.rpartition("/")
        return replace(self, path=folder), name


def parse(address: str) -> S3Address:
    """Parse an address. Raises DestinationInvalid: `has_login`, `bad_bucket`, `bad_path`, `bad_query`,
    `bad_endpoint` or `plain_http`."""
    rest = address[_match(address) :]
    front, question, query = rest.rpartition("?")
    front, query = (front, query) if question else (rest, "")
    bucket, _, path = front.partition("/")
    if "@" in bucket:
        raise DestinationInvalid("s3://…@" + bucket.rpartition("@")[2], Problem.HAS_LOGIN)
    if not _BUCKET.fullmatch(bucket):
        raise DestinationInvalid(address, Problem.BAD_BUCKET)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "?" in path or _UNSEEN.search(path):
        raise DestinationInvalid(address, Problem.BAD_PATH)
    parameters = _query_parameters(address, query) if question else {}
    endpoint, tls = _endpoint(address, parameters.get("endpoint", ""), parameters.get("tls", ""))
    return S3Address(
        bucket=bucket,
        path="/".join(parts),
        endpoint=endpoint,
        tls=tls,
        region=_value(address, _REGION, parameters.get("region", "")),
        profile=_value(address, _PROFILE, parameters.get("profile", "")),
        auth=_value(address, re.compile(INSTANCE), parameters.get("auth", "")),
    )


def _match(address: str) -> int:
    scheme = _SCHEME.match(address)
    if scheme is None:
        raise DestinationInvalid(address, Problem.UNKNOWN_SCHEME)
    return scheme.end()


def _query_parameters(address: str, query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if name not in ("endpoint", "tls", "region", "profile", "auth") or not value or name in parameters:
            # What was meant as a name may be a key: it is not repeated.
            raise DestinationInvalid(address.partition("?")[0], Problem.BAD_QUERY)
        parameters[name] = value
    return parameters


def _endpoint(address: str, text: str, tls: str) -> tuple[str, bool]:
    """Return host and port in canonical form, and whether TLS is used."""
    scheme, _, rest = text.lower().rpartition("://")
    if "@" in rest:
        raise DestinationInvalid(address.partition("?")[0], Problem.HAS_LOGIN)
    rest = rest.removesuffix("/")
    if tls not in ("", "yes", "no") or scheme not in ("", "https", "http") or (tls and not text):
        raise DestinationInvalid(address, Problem.BAD_ENDPOINT)
    if not text:
        return "", True
    match = _ENDPOINT.fullmatch(rest)
    if match is None or (match["port"] and int(match["port"]) not in _PORTS):
        raise DestinationInvalid(address, Problem.BAD_ENDPOINT)
    plain = tls == "no" or (scheme == "http" and tls == "")
    if plain and not (tls == "no" or is_loopback(match["host"])):
        raise DestinationInvalid(address, Problem.PLAIN_HTTP)
    if (scheme, tls) in (("https", "no"), ("http", "yes")):
        raise DestinationInvalid(address, Problem.BAD_ENDPOINT)
    return rest, not plain


def _value(address: str, pattern: re.Pattern[str], text: str) -> str:
    if text and not pattern.fullmatch(text):
        raise DestinationInvalid(address, Problem.BAD_QUERY)
    return text

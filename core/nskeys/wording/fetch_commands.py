"""How a backup is fetched from where it lies with tools that every machine has or can get, without nskeys.

An address is parsed as core/FORMAT.md describes it, and is quoted where it stands in a command.
"""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from nskeys.wording.text.terminal import safe


@dataclass(frozen=True, slots=True)
class Fetch:
    """The words, and the command that puts the file into the present folder."""

    words: str
    command: str


def fetching(address: str) -> Fetch | None:
    """Return how a file at this address is fetched; None for one in a folder, which is there or mounted."""
    if address.startswith("sftp://"):
        return _from_a_server(address)
    return _from_a_bucket(address) if address.startswith("s3://") else None


def fetched_as(address: str) -> str:
    """Return the shell's name for the file once it was fetched; the path of one in a folder."""
    if fetching(address) is None:
        return safe(address)
    path = urlsplit(address).path if address.startswith("s3://") else unquote(address)
    return f"./{safe(path.rpartition('/')[2])}"


def _from_a_server(address: str) -> Fetch:
    login, _, path = address.removeprefix("sftp://").partition("/")
    user, at, place = login.rpartition("@")
    host, port = (place, "") if place.endswith("]") or ":" not in place else place.rsplit(":", 1)
    # A path behind /~/ begins in the login's home folder.
    path = f"/{unquote(path)}".removeprefix("/~/")
    option = f" -P {_quoted(port)}" if port else ""
    return Fetch(
        "It lies on a server. Fetch it with sftp, or with scp, as somebody whom that server lets in:",
        f"sftp{option} {_quoted(f'{unquote(user)}{at}{host}:{_for_sftp(path)}')} .",
    )


def _for_sftp(path: str) -> str:
    """Return the path with escapes for sftp, which takes a path apart as a shell would. Each character gets
    its own backslash, since a quote at the beginning would make the path a relative one."""
    return re.sub(r"([^\w./+:@%=,-])", r"\\\1", path)


def _from_a_bucket(address: str) -> Fetch:
    parts = urlsplit(address)
    told = {name: values[0] for name, values in parse_qs(parts.query).items()}
    http = "http" if told.get("tls") == "no" else "https"
    options = (
        ("--endpoint-url", f"{http}://{told['endpoint']}" if "endpoint" in told else ""),
        ("--region", told.get("region", "")),
        ("--profile", told.get("profile", "")),
    )
    chosen = "".join(f" {name} {_quoted(value)}" for name, value in options if value)
    return Fetch(
        "It lies in a bucket. Fetch it with aws (the package 'awscli'), or download it in the web console "
        "of whoever keeps it, as somebody who may read there:",
        f"aws s3 cp {_quoted(f's3://{parts.netloc}{parts.path}')} .{chosen}",
    )


def _quoted(text: str) -> str:
    return shlex.quote(safe(text))

"""The login to a bucket, found where Amazon's own tools look for it: the environment, or the AWS files.

It is read in the worker process, where it is used, and stored nowhere else. No program is run to get it: a
profile that names a program, a role or a single sign-on has no key of its own and is refused.
"""

import os
from collections.abc import Mapping
from configparser import Error, RawConfigParser
from dataclasses import dataclass, field
from pathlib import Path

from nskeys.errors import FileUnreadable
from nskeys.files import read_bounded
from nskeys.reasons import Problem

_LIMIT = 1 << 20


class NoS3Login(Exception):
    """There is none; `problem`: `no_login`, `no_profile`, `login_incomplete`, `login_file`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class S3Login:
    """An access key, or none (`key_id` is empty), and the other settings of its profile."""

    key_id: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    region: str = ""
    ca_bundle: str = ""
    """The path of a file with certificates (PEM) that are trusted beside the system's."""

    @property
    def complete(self) -> bool:
        """Whether there is a key to sign with."""
        return bool(self.key_id and self.secret)


def find_login(environ: Mapping[str, str], profile: str = "") -> S3Login:
    """Return the login in the environment, else that of a profile: the named one, or AWS_PROFILE, or
    `default`. A profile that an address names comes before the environment. Raises NoS3Login."""
    found = S3Login()
    if not profile and (environ.get("AWS_ACCESS_KEY_ID") or environ.get("AWS_SECRET_ACCESS_KEY")):
        found = S3Login(
            environ.get("AWS_ACCESS_KEY_ID", ""),
            environ.get("AWS_SECRET_ACCESS_KEY", ""),
            environ.get("AWS_SESSION_TOKEN", ""),
        )
        settings: Mapping[str, str] = {}
    else:
        settings = _profile(environ, profile or environ.get("AWS_PROFILE", ""))
        found = S3Login(
            settings.get("aws_access_key_id", ""),
            settings.get("aws_secret_access_key", ""),
            settings.get("aws_session_token", ""),
        )
    if not found.complete:
        raise NoS3Login(
            Problem.LOGIN_INCOMPLETE if settings or found.key_id or found.secret else Problem.NO_LOGIN
        )
    return _with_settings(found, environ, settings)


def without_key(environ: Mapping[str, str]) -> S3Login:
    """Return region and certificates only, where the machine provides the login."""
    return _with_settings(S3Login(), environ, {})


def _with_settings(found: S3Login, environ: Mapping[str, str], settings: Mapping[str, str]) -> S3Login:
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or settings.get("region", "")
    bundle = environ.get("AWS_CA_BUNDLE") or settings.get("ca_bundle", "")
    return S3Login(found.key_id, found.secret, found.token, region, bundle)


def _profile(environ: Mapping[str, str], wanted: str) -> Mapping[str, str]:
    """Return the settings of a profile in both files; the credentials file has precedence."""
    name = wanted or "default"
    # Path raises where there is no home; a folder `~` that is not there holds no login.
    home = Path(environ.get("HOME") or os.path.expanduser("~")) / ".aws"  # noqa: PTH111
    keys = _sections(Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials"))
    rest = _sections(Path(environ.get("AWS_CONFIG_FILE") or home / "config"))
    found = {**rest.get(name if name == "default" else f"profile {name}", {}), **keys.get(name, {})}
    if not found and wanted:
        raise NoS3Login(Problem.NO_PROFILE)
    return found


def _sections(path: Path) -> dict[str, dict[str, str]]:
    """Return the sections of a file of Amazon's tools; none where it is missing."""
    parser = RawConfigParser(default_section="", interpolation=None, comment_prefixes=("#", ";"))
    try:
        parser.read_string(read_bounded(path, _LIMIT).decode("utf-8"))
    except FileUnreadable as error:
        if error.problem is Problem.MISSING:
            return {}
        raise NoS3Login(Problem.LOGIN_FILE) from None
    except (Error, UnicodeDecodeError):
        # Without the parser's own words, for they quote the line.
        raise NoS3Login(Problem.LOGIN_FILE) from None
    return {name: dict(parser.items(name)) for name in parser.sections()}

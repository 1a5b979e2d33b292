"""Options that several commands have, and what their texts mean."""

import argparse
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from unicodedata import normalize

from nskeys.archive.age.limits import IDENTITY_LIMIT
from nskeys.cli.files import guard, read_text_input
from nskeys.cli.parser import CommandParser, UsageProblem
from nskeys.errors import IdentityUnusable
from nskeys.model.credentials import CredentialKind
from nskeys.model.recovery import BY_ITS_OWN, BY_SHARES, Unlock, by_file
from nskeys.model.secret import SecretBytes
from nskeys.ports import Settings
from nskeys.reasons import IdentityProblem

if TYPE_CHECKING:
    from nskeys.services.installation import Installation


PROTECTORS = ("tpm2", "pkcs11", "passphrase", "file")
HELP = "tpm2[:DEVICE], pkcs11:URI, passphrase or file"
KINDS = tuple(kind.value for kind in CredentialKind)


def protector_options(parser: CommandParser, called: str = "this host's") -> None:
    """What a command needs that may set a home up; `called` says whose name the server has by default."""
    parser.add_argument("--cmdb", metavar="URL", help="database; by default a file in the home")
    parser.add_argument("--protector", metavar="P", type=protector_uri, help=HELP)
    parser.add_argument("--server-name", metavar="NAME", help=f"name of the server; by default {called}")
    weak_option(parser)


def password_option(parser: CommandParser) -> None:
    """A backup's password."""
    parser.add_argument("--password-file", metavar="F", help="file with the backup's password (-: stdin)")


def weak_option(parser: CommandParser) -> None:
    """What a command needs that takes a new password or passphrase."""
    parser.add_argument("--weak-password", action="store_true", help="take a new one that is easy to guess")


def secret_option(parser: CommandParser) -> None:
    """A credential's secret."""
    parser.add_argument("--secret-file", metavar="F", help="file with the credential's secret (-: stdin)")


def protector_uri(text: str) -> str:
    """A protector that nskeys knows, by its name, with what it binds to behind a colon."""
    if text.partition(":")[0] not in PROTECTORS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {HELP}")
    return text


def usable_protector(installation: "Installation", wanted: str | None) -> str:
    """The protector that was named, or the first that was proven to work on this machine;
    ProtectorUnavailable before anything is asked."""
    if wanted is None:
        from nskeys.bootstrap import protectors

        return next(name for name, usable, _ in protectors() if usable)
    installation.protectors(wanted).require()
    return wanted


def settings_of(settings: Settings, options: argparse.Namespace) -> Settings:
    """The configuration of a home that is set up; FieldInvalid for a name that no backup could carry."""
    from nskeys.archive.limits import check_server

    server = normalize("NFC", settings.server_name if options.server_name is None else options.server_name)
    check_server(server)
    return replace(settings, server_name=server, cmdb=options.cmdb or settings.cmdb)


def whole_number(text: str) -> int:
    """A number of things."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def opening_options(parser: CommandParser) -> None:
    """What opens a backup."""
    parser.add_argument("--password-file", metavar="F", help="file with the password it wants (-: stdin)")
    parser.add_argument("--identity", metavar="F", help="file with an identity: age's, or an ssh key")
    parser.add_argument("--shares", action="store_true", help="ask for custodians' sheets, one by one")
    parser.add_argument("--shares-file", metavar="F", help="file with a share a line (-: stdin)")


@contextmanager
def opening_of(options: Namespace) -> Iterator[Unlock]:
    """The means that the options name; an identity file is forgotten afterwards. FileUnreadable,
    IdentityUnusable."""
    if options.shares or options.shares_file is not None:
        if options.identity is not None or options.password_file is not None:
            raise UsageProblem("shares stand in the place of a password or an identity", options.command)
        yield BY_SHARES
        return
    if options.identity is None:
        yield BY_ITS_OWN
        return
    data = read_text_input(options.identity, IDENTITY_LIMIT, guard(options.identity))
    with SecretBytes(data) as secret:
        data[:] = bytes(len(data))
        if len(secret) > IDENTITY_LIMIT:
            raise IdentityUnusable(options.identity, IdentityProblem.NOT_IDENTITY)
        yield by_file(options.identity, secret)

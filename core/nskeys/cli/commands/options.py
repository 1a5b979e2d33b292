"""Options that several commands have, and what their texts mean."""

import argparse
from dataclasses import replace

from nskeys.cli.parser import CommandParser
from nskeys.errors import ProtectorUnavailable
from nskeys.model.credentials import CredentialKind
from nskeys.ports import Settings

PROTECTORS = ("tpm2", "passphrase", "file")
KINDS = tuple(kind.value for kind in CredentialKind)


def protector_options(parser: CommandParser) -> None:
    """What a command needs that may set a home up."""
    parser.add_argument("--cmdb", metavar="URL", help="database; by default a file in the home")
    parser.add_argument("--protector", choices=PROTECTORS, help="what binds the keys to this machine")
    parser.add_argument("--server-name", metavar="NAME", help="name of the server; by default this host's")


def password_option(parser: CommandParser) -> None:
    """A backup's password."""
    parser.add_argument("--password-file", metavar="F", help="file with the backup's password (-: stdin)")


def secret_option(parser: CommandParser) -> None:
    """A credential's secret."""
    parser.add_argument("--secret-file", metavar="F", help="file with the credential's secret (-: stdin)")


def usable_protector(wanted: str | None) -> str:
    """The protector that was named, or the first that this machine can use; ProtectorUnavailable."""
    from nskeys.bootstrap import protectors

    found = protectors()
    if wanted is None:
        return next(name for name, usable, _ in found if usable)
    for name, usable, reason in found:
        if name == wanted and not usable:
            raise ProtectorUnavailable(name, reason)
    return wanted


def settings_of(settings: Settings, options: argparse.Namespace) -> Settings:
    """The configuration of a home that is set up; FieldInvalid for a name that no backup could carry."""
    from nskeys.archive.outside_text import check_server

    server = settings.server_name if options.server_name is None else options.server_name
    check_server(server)
    return replace(settings, server_name=server, cmdb=options.cmdb or settings.cmdb)


def whole_number(text: str) -> int:
    """A number of things."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)

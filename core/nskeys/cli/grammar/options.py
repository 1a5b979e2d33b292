"""Options that several commands have.

What the model and the adapters know by these names is spelled out again, for the grammar imports the
standard library alone.
"""

import argparse

from nskeys.cli.grammar.parser import CommandParser

PROTECTORS = ("tpm2", "pkcs11", "passphrase", "file")
HELP = "tpm2[:DEVICE], pkcs11:URI, passphrase or file"
KINDS = ("hierarchy", "pcanywhere", "run-as")
STANDARD_INPUT = "-"
READ_FROM_FILES = (
    "password_file",
    "passphrase_file",
    "pin_file",
    "secret_file",
    "shares_file",
    "ssh_secret_file",
    "new_passphrase_file",
    "export",
    "export_key_file",
    "identity",
)
"""What may be read from standard input, which has one thing to say."""


def protector_options(parser: CommandParser, called: str = "this host's") -> None:
    """Add what a command needs that may set a home up; `called` says whose name the server has by
    default."""
    parser.add_argument("--cmdb", metavar="URL", help="database; by default a file in the home")
    parser.add_argument("--protector", metavar="P", type=protector_uri, help=HELP)
    parser.add_argument("--server-name", metavar="NAME", help=f"name of the server; by default {called}")
    weak_option(parser)


def password_option(parser: CommandParser) -> None:
    parser.add_argument("--password-file", metavar="F", help="file with the backup's password (-: stdin)")


def weak_option(parser: CommandParser) -> None:
    """Add what a command needs that takes a new password or passphrase."""
    parser.add_argument("--weak-password", action="store_true", help="take a new one that is easy to guess")


def secret_option(parser: CommandParser) -> None:
    parser.add_argument("--secret-file", metavar="F", help="file with the credential's secret (-: stdin)")


def protector_uri(text: str) -> str:
    """Return a protector that nskeys knows, by its name, with what it binds to behind a colon."""
    if text.partition(":")[0] not in PROTECTORS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {HELP}")
    return text


def whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def opening_options(parser: CommandParser) -> None:
    """Add what opens a backup."""
    parser.add_argument("--password-file", metavar="F", help="file with the password it wants (-: stdin)")
    parser.add_argument("--identity", metavar="F", help="file with an identity: age's, or an ssh key")
    parser.add_argument("--shares", action="store_true", help="ask for custodians' sheets, one by one")
    parser.add_argument("--shares-file", metavar="F", help="file with a share a line (-: stdin)")

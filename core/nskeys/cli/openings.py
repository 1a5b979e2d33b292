"""By what a command opens a backup: what it wants itself, or an identity file that was named."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from nskeys.archive.bounds import IDENTITY_LIMIT
from nskeys.cli.inputs import read_input
from nskeys.cli.parser import CommandParser
from nskeys.errors import IdentityUnusable
from nskeys.model.opening import BY_ITS_OWN, Opening, by_file
from nskeys.model.secret import SecretBytes


def opening_options(parser: CommandParser) -> None:
    """What opens a backup."""
    parser.add_argument("--password-file", metavar="F", help="file with the password it wants (-: stdin)")
    parser.add_argument("--identity", metavar="F", help="file with an identity: age's, or an ssh key")


@contextmanager
def opening_of(options: Namespace) -> Iterator[Opening]:
    """The means that the options name; an identity file is forgotten afterwards. FileUnreadable,
    IdentityUnusable."""
    if options.identity is None:
        yield BY_ITS_OWN
        return
    data = read_input(options.identity, IDENTITY_LIMIT)
    with SecretBytes(data) as secret:
        data[:] = bytes(len(data))
        if len(secret) > IDENTITY_LIMIT:
            raise IdentityUnusable(options.identity, "not_identity")
        yield by_file(options.identity, secret)

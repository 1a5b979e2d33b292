"""By what a command opens a backup: what it wants itself, an identity file, or custodians' shares."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from nskeys.archive.age.limits import IDENTITY_LIMIT
from nskeys.cli.files import read_text_input
from nskeys.cli.parser import CommandParser, UsageProblem
from nskeys.cli.secret_files import guard
from nskeys.errors import IdentityUnusable
from nskeys.model.recovery import BY_ITS_OWN, BY_SHARES, Opening, by_file
from nskeys.model.secret import SecretBytes


def opening_options(parser: CommandParser) -> None:
    """What opens a backup."""
    parser.add_argument("--password-file", metavar="F", help="file with the password it wants (-: stdin)")
    parser.add_argument("--identity", metavar="F", help="file with an identity: age's, or an ssh key")
    parser.add_argument("--shares", action="store_true", help="ask for custodians' sheets, one by one")
    parser.add_argument("--shares-file", metavar="F", help="file with a share a line (-: stdin)")


@contextmanager
def opening_of(options: Namespace) -> Iterator[Opening]:
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
            raise IdentityUnusable(options.identity, "not_identity")
        yield by_file(options.identity, secret)

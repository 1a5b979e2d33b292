"""The values of options that several commands have."""

import argparse
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from unicodedata import normalize

from nskeys.archive.age.limits import IDENTITY_LIMIT
from nskeys.cli.files import guard, read_text_input
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.errors import IdentityUnusable
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import BY_ITS_OWN, BY_SHARES, Unlock, by_file
from nskeys.ports import Settings
from nskeys.reasons import IdentityProblem

if TYPE_CHECKING:
    from nskeys.services.keys.protector import ProtectionService


def usable_protector(protection: "ProtectionService", wanted: str | None) -> str:
    """Return the protector that was named, or the first that was proven to work on this machine. Raises
    ProtectorUnavailable before anything is asked."""
    if wanted is None:
        from nskeys.bootstrap import protectors

        return next(name for name, usable, _ in protectors() if usable)
    protection.require_usable(wanted)
    return wanted


def settings_of(settings: Settings, options: argparse.Namespace) -> Settings:
    """Return the configuration of a home that is set up. Raises FieldInvalid for a name that no backup
    could carry."""
    from nskeys.archive.limits import check_server

    server = normalize("NFC", settings.server_name if options.server_name is None else options.server_name)
    check_server(server)
    return replace(settings, server_name=server, cmdb=options.cmdb or settings.cmdb)


@contextmanager
def opening_of(options: Namespace) -> Iterator[Unlock]:
    """Give the means that the options name; an identity file is wiped when the block ends. Raises
    FileUnreadable, IdentityUnusable."""
    if options.shares or options.shares_file is not None:
        if options.identity is not None or options.password_file is not None:
            raise UsageProblem("shares stand in the place of a password or an identity", options.command)
        yield BY_SHARES
        return
    with identity_of(options) as opening:
        yield opening


@contextmanager
def identity_of(options: Namespace) -> Iterator[Unlock]:
    """Give the identity file that the options name, or what opens by its own; the file is wiped when the
    block ends. Raises FileUnreadable, IdentityUnusable."""
    if options.identity is None:
        yield BY_ITS_OWN
        return
    data = read_text_input(options.identity, IDENTITY_LIMIT, guard(options.identity))
    with SecretBytes(data) as secret:
        data[:] = bytes(len(data))
        if len(secret) > IDENTITY_LIMIT:
            raise IdentityUnusable(options.identity, IdentityProblem.NOT_IDENTITY)
        yield by_file(options.identity, secret)

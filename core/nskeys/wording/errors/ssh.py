"""When a server that holds backups is not the one that is known, or lets nobody in."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import (
    FingerprintDiffers,
    HostKeyChanged,
    HostKeyRevoked,
    HostKeyUnknown,
    ServerSecretWanted,
)
from nskeys.reasons import AnyProblem, Problem, Wanted
from nskeys.wording.destinations import compare_command, key_name, server_name
from nskeys.wording.text.sentence import Row, Table, alike, listed, token_words
from nskeys.wording.text.terminal import shown

TO_NAME = MappingProxyType(
    {
        Problem.HAS_PASSWORD: (
            "Name it without: the password is asked for, or '--ssh-secret-file F' gives it."
        ),
        Problem.BAD_HOST: (
            "Name it as sftp://user@host/path, with a port behind a colon where it is not 22."
        ),
        Problem.BAD_USER: "Name it as sftp://user@host/path.",
        Problem.DOTS: "Name the folder by its whole path.",
        Problem.NO_USER: "Name the user: sftp://USER@HOST/...",
    }
)
TO_NAME_IN_APP = MappingProxyType({Problem.HAS_PASSWORD: "Name it without: the password is asked for."})
"""The same by key, where an option does it elsewhere."""
TO_REACH: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.TIMEOUT: "Check that the server runs and can be reached from here",
        Problem.NO_ROUTE: "Check the network, and its address",
        Problem.CONNECTION_LOST: "Check the network and the server",
        Problem.NOT_SSH: "Check the port",
        Problem.LOGIN: "Check the user's name, and that the server knows the key of this machine",
        Problem.KEY_FILE: "Check the key file that is configured for it",
        Problem.NO_SFTP: "Let that server offer SFTP to this user",
        Problem.GREETING: (
            "Give that user 'ForceCommand internal-sftp' there, or a shell that prints nothing"
        ),
        Problem.SILENT_AGENT: "Name the key file, with 'nskeys destination add DEST --key-file FILE', "
        "or end that agent",
        Problem.TOO_MANY_KEYS: (
            "Name the right key file, with 'nskeys destination add DEST --key-file FILE'"
        ),
        Problem.NO_AGREEMENT: "Update the SSH service of that server",
        Problem.OLD_HOST_KEY: "Give that server an Ed25519 host key ('ssh-keygen -A' there makes one)",
        Problem.HOST_CERTIFICATE: "Ask who runs that server for a certificate that fits its name",
        Problem.MISSING_FOLDER: "Make the folder, or mount what belongs there",
    }
)
"""What to do where an SSH server cannot be used. What happened is in `problems`."""
TO_REACH_IN_APP: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.SILENT_AGENT: "Name its key file under Destinations in the menu (m), or end that agent",
        Problem.TOO_MANY_KEYS: "Name its key file under Destinations in the menu (m)",
    }
)
"""The same by key, where it is done by a command elsewhere."""
_WANTED = MappingProxyType(
    {
        Wanted.SSH_PASSWORD: "The server wants the password of",
        Wanted.SSH_PASSPHRASE: "A passphrase is wanted for the key file",
    }
)
_REFUSED = MappingProxyType(
    {
        Wanted.SSH_PASSWORD: "The server did not accept the password of",
        Wanted.SSH_PASSPHRASE: "That passphrase does not open the key file",
    }
)


def _host_key_unknown(error: HostKeyUnknown) -> Row:
    return Row(
        f"The server {server_name(error.host, error.port)} is not known yet; it shows the "
        f"{key_name(error.key_type)} host key {shown(error.fingerprint)}.",
        f"Compare it with what '{compare_command(error.key_type)}' prints on that server itself, "
        "and if they agree trust it with 'nskeys destination trust DEST'.",
        "Compare it there, then try again and trust it; Destinations in the menu asks too.",
    )


def _host_key_changed(error: HostKeyChanged) -> Row:
    known = listed(tuple(shown(print_) for print_ in error.known))
    return alike(
        f"The server {server_name(error.host, error.port)} shows another host key than the known one: "
        f"{shown(error.fingerprint)} ({key_name(error.key_type)}) in place of {known}.",
        "Somebody may stand between, so nothing was sent; ask who runs that server, and only if its key "
        f"was really changed remove the old line from {shown(error.file)} by hand.",
    )


def _host_key_revoked(error: HostKeyRevoked) -> Row:
    place = f"{shown(error.file)} line {error.line}" if error.line else shown(error.file)
    key = f"the host key {shown(error.fingerprint)}, which" if error.fingerprint else "a host key that"
    return alike(
        f"The server {server_name(error.host, error.port)} shows {key} was revoked in {place}.",
        "Whoever stole that key may stand between, so nothing was sent; ask who runs that server for its "
        "new key, and who revoked this one.",
    )


def _fingerprint_differs(error: FingerprintDiffers) -> Row:
    return alike(
        f"The server {server_name(error.host, error.port)} shows the host key {shown(error.fingerprint)}, "
        f"not {shown(error.wanted)}, so it was not trusted.",
        "Take the fingerprint anew on that server itself; if it still differs, somebody may stand between.",
    )


def _secret_wanted(error: ServerSecretWanted) -> Row:
    words = token_words(_REFUSED if error.refused else _WANTED, error.wanted)
    return Row(
        f"{words} {shown(error.subject)}.",
        "Give it with '--ssh-secret-file F', or run the command at a terminal.",
        "Test it under Destinations in the menu (m): there it is asked for.",
    )


SERVERS: Table = MappingProxyType(
    {
        HostKeyUnknown: _host_key_unknown,
        HostKeyChanged: _host_key_changed,
        HostKeyRevoked: _host_key_revoked,
        FingerprintDiffers: _fingerprint_differs,
        ServerSecretWanted: _secret_wanted,
    }
)

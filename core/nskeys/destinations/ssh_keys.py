"""The keys that an SSH server is shown: those of an agent, and those in key files."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from nskeys.errors import DestinationUnreachable

PASSWORD, PASSPHRASE = "ssh_password", "ssh_passphrase"
"""What a server may want of a person; `errors.ServerSecretWanted.wanted`."""

GivenSecret = Callable[[str, str], str | None]
"""From what is wanted, and of what, to the secret that was given; None where none was."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What may be shown: the key in `key_file` alone, or, where that is empty, the agent's keys and those
    in the `usual` files."""

    key_file: str
    usual: Sequence[Path]
    given: GivenSecret


class Keys:
    """Keys for one login. `locked` is the first file whose passphrase was not given, or (`refused`) was
    given wrongly; `named`: a key file was configured for this place. DestinationUnreachable (`key_file`)
    for a named one that cannot be used."""

    def __init__(self, credentials: Credentials) -> None:
        self.named = bool(credentials.key_file)
        self.locked, self.refused = "", False
        self._given = credentials.given
        self._files = [Path(credentials.key_file).expanduser()] if self.named else list(credentials.usual)
        self._loaded: list[asyncssh.SSHKeyPair] = []
        for path in self._files:
            self._load(path)

    @asynccontextmanager
    async def with_agent(self) -> AsyncIterator[list[asyncssh.SSHKeyPair]]:
        """The keys to be shown, while the agent that signs with its own is connected."""
        wanted = None if not self.named else [] if self._loaded else self._public()
        agent = None
        if (place := os.environ.get("SSH_AUTH_SOCK")) and wanted != []:
            try:
                agent = await asyncssh.connect_agent(place)
            except OSError:
                agent = None  # it is gone, as after a lost line
        if agent is None:
            yield self._loaded
            return
        async with agent:
            try:
                held = await agent.get_keys(wanted)
            except ValueError:  # what answers there is no agent
                held = []
            yield [*held, *self._loaded]

    def _load(self, path: Path) -> None:
        passphrase = self._given(PASSPHRASE, str(path))
        try:
            self._loaded += asyncssh.load_keypairs([str(path)], passphrase)
        except asyncssh.KeyEncryptionError:
            self._is_locked(path, refused=passphrase is not None)
        except asyncssh.KeyImportError as error:
            # There is no class of its own for a key that is encrypted where no passphrase was given.
            if "assphrase" in str(error):
                self._is_locked(path, refused=False)
            elif self.named:
                raise DestinationUnreachable(str(path), "key_file") from None
        except OSError:
            if self.named:
                raise DestinationUnreachable(str(path), "key_file") from None

    def _is_locked(self, path: Path, *, refused: bool) -> None:
        if not self.locked:
            self.locked, self.refused = str(path), refused

    def _public(self) -> list[bytes]:
        """The public half that lies beside a locked key: the agent may hold the secret one."""
        try:
            return [asyncssh.read_public_key(f"{self._files[0]}.pub").public_data]
        except (OSError, asyncssh.KeyImportError):
            return []

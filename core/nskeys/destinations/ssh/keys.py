"""The keys offered to an SSH server: those of an agent, and those in key files."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from nskeys import files
from nskeys.destinations.ssh.context import PASSPHRASE, GivenSecret
from nskeys.errors import DestinationUnreachable
from nskeys.reasons import Problem


@dataclass(frozen=True, slots=True)
class Credentials:
    """Which keys may be offered: the one in `key_file`, or, where that is empty, the agent's keys and those
    in the `usual` files."""

    key_file: str
    usual: Sequence[Path]
    given: GivenSecret


class KeySource:
    """The keys of one login. `locked` is the first file whose passphrase is missing, or (`refused`) wrong;
    `named`: a key file is configured for this destination; `silent`: the agent owes an answer. Raises
    DestinationUnreachable (`key_file`) for a configured one that cannot be used."""

    def __init__(self, credentials: Credentials) -> None:
        self.named = bool(credentials.key_file)
        self.locked, self.refused = "", False
        self.silent = False
        self._given = credentials.given
        self._files = [files.named_path(credentials.key_file)] if self.named else list(credentials.usual)
        self._loaded: list[asyncssh.SSHKeyPair] = []
        for path in self._files:
            self._load(path)

    @asynccontextmanager
    async def with_agent(self, seconds: float) -> AsyncIterator[list[asyncssh.SSHKeyPair]]:
        """Yield the keys to offer, while the agent that signs with its own is connected. An agent that does
        not list its keys within the timeout is taken to have none."""
        identities = None if not self.named else [] if self._loaded else _public(self._files[0])
        socket_path = os.environ.get("SSH_AUTH_SOCK")
        if not socket_path or identities == []:
            yield self._loaded
            return
        async with _Agent(socket_path, self) as agent:
            pairs: list[asyncssh.SSHKeyPair] = []
            try:
                async with asyncio.timeout(seconds):
                    pairs = list(await agent.get_keys(identities))
            except TimeoutError:
                self.silent = True
            except (OSError, ValueError):
                pass  # it is gone, as after a lost line; or what answers there is no agent
            yield self._in_order(pairs)

    def _in_order(self, held: list[asyncssh.SSHKeyPair]) -> list[asyncssh.SSHKeyPair]:
        """Return the keys in ssh's order: those of the agent that the usual files name, its others, and
        those only in files. No key twice, because a server accepts few tries."""
        usual = {blob for path in self._files for blob in _public(path)}
        usual |= {pair.public_data for pair in self._loaded}
        in_agent = {pair.public_data for pair in held}
        others = [pair for pair in self._loaded if pair.public_data not in in_agent]
        return [*sorted(held, key=lambda pair: pair.public_data not in usual), *others]

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
                raise DestinationUnreachable(str(path), Problem.KEY_FILE) from None
        except OSError:
            if self.named:
                raise DestinationUnreachable(str(path), Problem.KEY_FILE) from None

    def _is_locked(self, path: Path, *, refused: bool) -> None:
        if not self.locked:
            self.locked, self.refused = str(path), refused


class _Agent(asyncssh.SSHAgentClient):
    """An agent that records in `keys` when it owes a signature."""

    def __init__(self, place: str, keys: KeySource) -> None:
        super().__init__(place)
        self._keys = keys

    async def sign(self, key_blob: bytes, data: bytes, flags: int = 0) -> bytes:
        self._keys.silent = True
        try:
            signed = await super().sign(key_blob, data, flags)
        except ValueError:  # it refused
            self._keys.silent = False
            raise
        self._keys.silent = False
        return signed


def _public(path: Path) -> list[bytes]:
    """Return the public half that lies beside a key file, whose secret half the agent may hold."""
    try:
        return [asyncssh.read_public_key(f"{path}.pub").public_data]
    except (OSError, asyncssh.KeyImportError):
        return []

"""The home's copy of the checkpoint, with all that it names by a hash: `checkpoint.json`.

Whoever can write to the database cannot write here, so this is what the CMDB is compared with. Before a
change commits it lies as `checkpoint.next`: whoever comes after a killed process sees by it whether that
change was made, and what is left to do in the home.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nskeys.errors import NewerVersion
from nskeys.model.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    documents,
    from_text,
    hash_of,
)
from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.registry import RegistryValues
from nskeys.model.signed_json import (
    Fields,
    Json,
    canonical_json,
    hexadecimal,
    integer,
    parse,
    to_base64url,
)
from nskeys.model.times import from_seconds, to_rfc3339
from nskeys.reasons import Versioned

VERSION = 1
HOME_LIMIT = 64 << 20
"""Bytes of the file."""
_SIGNATURE_SIZE = 64


class Moved(NamedTuple):
    """The last change that moved the CMDB to another database: its number, and the URL of the one that it
    left."""

    number: int
    left: str

    def names(self, url: str) -> bool:
        """Return whether it is the database that was left, also by the name that its file got then."""
        return url == self.left or url.startswith(f"{self.left}.moved-")


@dataclass(frozen=True)
class HomeCheckpoint:
    """A checkpoint and what it is about. `registry` are the registry values that this change sets, None
    where it sets none; `events` the ids of those that it took from the home's list."""

    signed: SignedCheckpoint
    keys: tuple[Mapping[str, Json], ...]
    recovery: str | None
    rotation: Mapping[str, Json] | None
    register: tuple[str, ...]
    diary: tuple[str, ...]
    registry: RegistryValues | None = None
    events: tuple[str, ...] = ()
    generation: int = 0
    """The highest number that a backup ever reserved here."""
    moved: Moved | None = None
    """None where the CMDB is still where it was made."""

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint itself. Raises Malformed, NewerVersion."""
        return from_text(self.signed.text)

    @property
    def holds_together(self) -> bool:
        """Whether the checkpoint names exactly what stands beside it."""
        named = self.checkpoint
        return (named.keys, named.register, named.diary, named.rotation, named.recovery) == (
            hash_of(self.keys),
            hash_of(self.register),
            hash_of(self.diary),
            None if self.rotation is None else hash_of(self.rotation),
            None if self.recovery is None else hash_of_text(self.recovery),
        )

    @property
    def key_infos(self) -> tuple[KeyInfo, ...]:
        """Every key and its state as the checkpoint names them, oldest first. Raises Malformed."""
        return tuple(sorted(map(_key_info, self.keys), key=lambda key: (key.created, key.kid)))


def _key_info(row: Mapping[str, Json]) -> KeyInfo:
    fields = Fields(row)
    return KeyInfo(
        Kid(fields.hexadecimal("kid", 64)),
        from_seconds(fields.integer("created")),
        fields.token("state", KeyState),
        from_seconds(fields.integer("state_since")),
    )


def hash_of_text(value: str) -> str:
    """Return the hash of a record as stored."""
    return SignedCheckpoint(value, b"").sha256


def to_bytes(home: HomeCheckpoint) -> bytes:
    """Return the content of the file."""
    registry = home.registry
    document: Json = {
        "version": VERSION,
        "checkpoint": home.signed.text,
        "sig": to_base64url(home.signed.signature),
        "keys": home.keys,
        "recovery": home.recovery,
        "rotation": home.rotation,
        "register": home.register,
        "diary": home.diary,
        "registry": None
        if registry is None
        else {
            "path": registry.backup_path,
            "date": None if registry.backup_date is None else to_rfc3339(registry.backup_date),
        },
        "events": home.events,
        "generation": home.generation,
        **_moved_document(home.moved),
    }
    return canonical_json(document) + b"\n"


def from_bytes(data: bytes) -> HomeCheckpoint:
    """Return what a file says; no signature is checked here. Raises Malformed, NewerVersion."""
    document = parse(data.removesuffix(b"\n"), HOME_LIMIT)
    found = integer(document.get("version") if isinstance(document, Mapping) else None, lowest=1)
    if found > VERSION:
        raise NewerVersion(Versioned.CHECKPOINT, found, VERSION)
    fields = Fields(document)
    read = fields.only(
        "version",
        "checkpoint",
        "sig",
        "keys",
        "recovery",
        "rotation",
        "register",
        "diary",
        "registry",
        "events",
        "generation",
        *(("moved",) if fields.has("moved") else ()),
    )
    home = HomeCheckpoint(
        signed=SignedCheckpoint(read.text("checkpoint"), read.binary("sig", _SIGNATURE_SIZE)),
        keys=documents(read.take("keys")),
        recovery=None if read.is_null("recovery") else read.text("recovery"),
        rotation=None if read.is_null("rotation") else read.mapping("rotation"),
        register=tuple(hexadecimal(item, 64) for item in read.items("register")),
        diary=tuple(hexadecimal(item, 64) for item in read.items("diary")),
        registry=None if read.is_null("registry") else _registry(read.fields("registry")),
        events=tuple(hexadecimal(item, 32) for item in read.items("events")),
        generation=read.integer("generation"),
        moved=_moved(read.fields("moved")) if read.has("moved") else None,
    )
    _ = home.checkpoint  # refuses what is none
    return home


def _registry(read: Fields) -> RegistryValues:
    read.only("path", "date")
    return RegistryValues(
        None if read.is_null("path") else read.text("path"),
        None if read.is_null("date") else read.moment("date"),
    )


def _moved_document(moved: Moved | None) -> dict[str, Json]:
    return {} if moved is None else {"moved": {"number": moved.number, "left": moved.left}}


def _moved(read: Fields) -> Moved:
    read.only("number", "left")
    return Moved(read.integer("number", lowest=1), read.text("left"))

"""A database copy: what it says of itself, signed, and repeated in the manifest of each of its parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.keys import Kid
from nskeys.reasons import Problem

if TYPE_CHECKING:
    from nskeys.model.backup import MemberFact

CMDB_NAME = "cmdb.age"
COPY_FORMAT = 1
"""The version of the format that is written, and the only one that is read."""

_PART = re.compile(r".*-cmdb-[0-9]+of[0-9]+(?:-[0-9]+)?\.zip")


def is_part_name(name: str) -> bool:
    """Return whether a file is called as a part of a database copy."""
    return _PART.fullmatch(name) is not None


Row: TypeAlias = tuple[int | str | bytes | None, ...]
"""The values of a row, in the order of its table's columns."""
Rows: TypeAlias = Sequence[Row]


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A row that has no spelling in a copy, and why; `row` is its primary key as text."""

    table: str
    row: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a copy lacks: how many rows, the first of them, the keys of the credentials among them, and
    whether the key of one of those is not known."""

    count: int = 0
    rows: tuple[LeftOutRow, ...] = ()
    kids: tuple[Kid, ...] = ()
    unknown_key: bool = False

    def concerns(self, kid: Kid) -> bool:
        """Return whether a credential of this key may be among them, so that the copy covers none of
        its."""
        return self.unknown_key or kid in self.kids


@dataclass(frozen=True, slots=True)
class PartFact:
    """A part: hash and size of its `cmdb.age`, the size of what is in that once unpacked, and how many
    rows that has."""

    member: MemberFact
    unpacked: int
    rows: int


@dataclass(frozen=True, slots=True)
class CopyKeyFact:
    """The key that a copy is encrypted to: its RFC 7638 thumbprint, and its public half as `age1...`."""

    kid: str
    recipient: str


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """Everything a database copy says of itself; the same in each of its parts."""

    server: str
    cmdb_id: str
    server_key: str
    """Thumbprint of the server key that signed, 64 hex digits."""
    server_public: bytes
    """Its public half, 32 bytes, so that anybody can check the signature."""
    created: datetime
    database: str
    """`SQLite` or `PostgreSQL`: where it was read. The copy is the same for both."""
    number: int
    """The number of the last change that the copy holds."""
    checkpoint: str | None
    """SHA-256 (hex) of the checkpoint after that change; None where there is none."""
    copy_key: CopyKeyFact
    keys: tuple[tuple[Kid, int], ...]
    """Every key of the CMDB, with the number of its credentials in the copy."""
    kinds: tuple[tuple[str, int], ...]
    """Credentials per kind, in the kinds' order."""
    tables: tuple[tuple[str, int], ...]
    """Rows in the copy, per table, in their order."""
    audit: AuditHead
    left_out: LeftOut
    unexplained: bool
    """Whether the checkpoint lists something that nobody explained yet; such a copy covers nothing."""
    parts: tuple[PartFact, ...] = ()

    @property
    def credentials(self) -> int:
        """How many credentials are in it."""
        return sum(count for _, count in self.kinds)

    @property
    def rows(self) -> int:
        """How many rows of all tables are in it."""
        return sum(count for _, count in self.tables)

    def rows_of(self, kid: Kid) -> int:
        """Return how many of its credentials this key sealed."""
        return dict(self.keys).get(kid, 0)


@dataclass(frozen=True, slots=True)
class CopyHeader:
    """The first line of each part."""

    cmdb_id: str
    part: int
    checkpoint: SignedCheckpoint | None
    counts: tuple[tuple[str, int], ...]
    """Rows in the database, per table: those in the copy, and those that were left out."""


@dataclass(frozen=True, slots=True)
class CopyManifest:
    """`manifest.json` of one part: the facts of the copy, their signature, and which part it is."""

    facts: CopyFacts
    signature: bytes
    part: int
    members: tuple[tuple[str, MemberFact], ...]


@dataclass(frozen=True, slots=True)
class InspectedPart:
    """A part whose layout, hashes and signature were checked, without any key."""

    path: str
    manifest: CopyManifest
    cmdb: bytes = field(repr=False)
    sha256: str
    """Of the whole archive, in hex."""
    size: int

    @property
    def facts(self) -> CopyFacts:
        return self.manifest.facts

    @property
    def part(self) -> int:
        return self.manifest.part

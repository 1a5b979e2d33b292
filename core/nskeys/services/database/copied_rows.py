"""Compares the rows of a database copy, as they are read, with its signed checkpoint and its inventory:
keys, register, diary, trail, rotation, recovery identities, and every credential. Keeps no credential."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from nskeys.crypto.inventory import RowSums
from nskeys.crypto.row_fields import bound_of
from nskeys.crypto.signing import verify
from nskeys.errors import NewerVersion
from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import Checkpoint, SignedCheckpoint, from_text, hash_of, row_hash
from nskeys.model.credentials import CredentialKind, SealedRow
from nskeys.model.database_copy import CopyFacts, Row, Rows
from nskeys.model.database_tables import (
    AUDIT,
    CREDENTIALS,
    DRILLS,
    KEYS,
    META,
    RECOVERY,
    REGISTER,
    ROTATIONS,
    Table,
)
from nskeys.model.home_checkpoint import hash_of_text
from nskeys.model.inventory import ROW_SUM_MASK, KeyDifference, KeyInventory, Tally, compare
from nskeys.model.keys import Kid, Rotation, RotationStage
from nskeys.model.register import REGISTER_LIMIT
from nskeys.model.signed_json import Json, Malformed
from nskeys.services.settling import LABEL, rotation_document

_KINDS = (CredentialKind.HIERARCHY, CredentialKind.PCANYWHERE, CredentialKind.RUN_AS)


class CopiedRows:
    """What was seen of one copy. The tables come in their order."""

    def __init__(self, facts: CopyFacts) -> None:
        self._facts = facts
        self._marks: dict[Any, Any] = {}
        self._keys: list[dict[str, Any]] = []
        self._kids: dict[Any, Kid] = {}
        self._signed: dict[Table, list[str]] = {REGISTER: [], DRILLS: []}
        self._recovery: str | None = None
        self._rotation: Row | None = None
        self._audit: AuditHead | None = None
        self._tallies: Counter[tuple[Kid, str]] = Counter()
        self._numbers: Counter[tuple[Kid, str]] = Counter()
        self._sums: dict[Kid, tuple[RowSums, int]] = {}

    def add(self, table: Table, rows: Rows) -> None:
        """Take rows of any table but the credentials, which `credentials` takes."""
        for row in rows:
            named: dict[str, Any] = dict(zip(table.names, row, strict=True))
            if table is META:
                self._marks[named["name"]] = named["value"]
            elif table is KEYS:
                self._keys.append(named)
                self._kids[named["key_no"]] = Kid(named["kid"])
            elif table in self._signed:
                self._signed[table].append(row_hash(named["body"], named["signature"]))
            elif table is RECOVERY:
                self._recovery = self._recovery or named["body"]
            elif table is ROTATIONS and named["stage"] != RotationStage.FINISHED.value:
                self._rotation = row
            elif table is AUDIT:
                self._audit = AuditHead(named["no"], named["digest"])

    def credentials(self, rows: Rows) -> list[tuple[Kid, Sequence[SealedRow], Sequence[bytes]]]:
        """Take credentials, and return them by key, each with its bound fields. The reader of a copy lets
        none through whose key is not in it."""
        by_key: dict[Kid, list[Any]] = defaultdict(list)
        for row in rows:
            by_key[self._kids[row[1]]].append((row[0], *row[2:]))
        found: list[tuple[Kid, Sequence[SealedRow], Sequence[bytes]]] = []
        for kid, sealed in by_key.items():
            bound = bound_of(sealed)
            sums, so_far = self._sums.get(kid) or (RowSums(self._facts.cmdb_id, kid), 0)
            self._sums[kid] = (sums, so_far + sums.of(sealed, bound))
            for row in sealed:
                self._tallies[kid, row[1]] += 1
                self._numbers[kid, row[1]] += row[6]
            found.append((kid, sealed, bound))
        return found

    def take(self, table: Table, rows: Rows) -> None:
        """Take rows of any table."""
        if table is CREDENTIALS:
            self.credentials(rows)
        else:
            self.add(table, rows)

    @property
    def marked(self) -> bool:
        """Whether they are the rows of the CMDB and the change that the facts name."""
        facts = self._facts
        named = (self._marks.get("cmdb_id"), self._marks.get("number"))
        return named == (facts.cmdb_id, str(facts.number))

    def differences(self) -> tuple[KeyDifference, ...]:
        """Return the keys whose credentials are not those of their inventory."""
        found = {use: Tally(rows, self._numbers[use]) for use, rows in self._tallies.items()}
        sums = {kid: row_sum & ROW_SUM_MASK for kid, (_, row_sum) in self._sums.items()}
        expected = sorted((Kid(row["kid"]), _inventory(row)) for row in self._keys)
        return compare(expected, found, sums)

    def fits(self, checkpoint: Checkpoint) -> bool:
        """Return whether everything that the checkpoint hashes is what is there."""
        return (
            self._audit_head() == checkpoint.audit == self._facts.audit
            and hash_of([_spelled(row) for row in self._keys]) == checkpoint.keys
            and hash_of(self._signed[REGISTER][:REGISTER_LIMIT]) == checkpoint.register
            and hash_of(self._signed[DRILLS]) == checkpoint.diary
            and self._rotation_hash() == checkpoint.rotation
            and (None if self._recovery is None else hash_of_text(self._recovery)) == checkpoint.recovery
        )

    def _audit_head(self) -> AuditHead:
        return self._facts.audit if self._audit is None else self._audit

    def _rotation_hash(self) -> str | None:
        if self._rotation is None:
            return None
        number, kid, stage, begun, changed, skipped = self._rotation
        with suppress(ValueError, TypeError, OverflowError):
            return hash_of(
                rotation_document(
                    Rotation(
                        int(number or 0),
                        Kid(str(kid)),
                        RotationStage(str(stage)),
                        datetime.fromtimestamp(int(begun or 0), UTC),
                        datetime.fromtimestamp(int(changed or 0), UTC),
                        bool(skipped),
                    )
                )
            )
        return None


def signed_checkpoint(facts: CopyFacts, stored: SignedCheckpoint | None) -> Checkpoint | None:
    """Return the checkpoint of a copy; None where the server key of its facts did not sign it, or it is of
    another CMDB or change."""
    if stored is None:
        return None
    if not verify(facts.server_public, LABEL, stored.text.encode("utf-8"), stored.signature):
        return None
    try:
        checkpoint = from_text(stored.text)
    except (Malformed, NewerVersion):
        return None
    named = (checkpoint.cmdb_id, checkpoint.server_key, checkpoint.number)
    return checkpoint if named == (facts.cmdb_id, facts.server_key, facts.number) else None


def vouched(facts: CopyFacts) -> bool:
    """Return whether the copy says that its rows are those of its checkpoint, all of them."""
    return facts.checkpoint is not None and not facts.unexplained and not facts.left_out.count


def _spelled(row: dict[str, Any]) -> dict[str, Json]:
    """Return a key's row as a checkpoint hashes it."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}


def _inventory(row: dict[str, Any]) -> KeyInventory | None:
    try:
        kinds = {kind.value: _tally(row, kind.value.replace("-", "_")) for kind in _KINDS}
        row_sum = int.from_bytes(row["row_sum"], "big")
        return KeyInventory(Kid(row["kid"]), kinds, row_sum, row["resealed"], row["counted"])
    except ValueError:
        return None


def _tally(row: dict[str, Any], kind: str) -> Tally:
    return Tally(row[f"{kind}_rows"], int(row[f"{kind}_number_sum"]))

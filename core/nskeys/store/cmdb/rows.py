"""Rows of credentials, checked and turned into parts of the model."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from nskeys.errors import CmdbDamaged
from nskeys.model.credentials import (
    CHANGE_LIMIT,
    FIELD_LIMIT,
    NAME_LIMIT,
    NOTE_LIMIT,
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
    SealedRow,
    UnreadableCredential,
)
from nskeys.model.keys import SEALS_LIMIT, KeyInfo, KeyState, Kid
from nskeys.reasons import Problem
from nskeys.store.cmdb.values import (
    NUMBER_LIMIT,
    bytes_of,
    count_of,
    damaged,
    hex_of,
    moment_of,
    shown_as_text,
    text_of,
)

SEALED_LIMIT = 1 << 17
"""Bytes of a sealed secret, an upper bound; `crypto` knows the exact sizes."""
_SHOWN_ID = 64
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NO_KEY = Kid("")
"""An id that no key has."""
_KINDS: Mapping[str, CredentialKind] = {kind.value: kind for kind in CredentialKind}


def kind_of(value: Any, table: str, row: object = "") -> CredentialKind:
    """Return a credential's kind."""
    kind = _KINDS.get(value) if type(value) is str else None
    if kind is None:
        raise damaged(table, Problem.NOT_A_KIND, row)
    return kind


def keys_of(rows: Iterable[Sequence[Any]]) -> dict[int, Kid]:
    """Return the key ids by their number, from (key_no, kid, ...). Rows that cannot be read are left out;
    credentials that refer to them belong to no key."""
    found = {}
    for number, kid, *_ in rows:
        with suppress(CmdbDamaged):
            found[count_of(number, NUMBER_LIMIT, "keys")] = Kid(hex_of(kid, 64, "keys"))
    return found


def key_info_of(row: Sequence[Any]) -> KeyInfo:
    """Return a key from (kid, created, state, state_since)."""
    kid = Kid(hex_of(row[0], 64, "keys"))
    try:
        state = KeyState(text_of(row[2], 64, "keys", kid))
    except ValueError:
        raise damaged("keys", Problem.NOT_A_STATE, kid) from None
    return KeyInfo(kid, moment_of(row[1], "keys", kid), state, moment_of(row[3], "keys", kid))


def seals_of(value: Any, kid: Kid) -> int:
    return count_of(value, SEALS_LIMIT, "keys", kid)


def change_of(value: Any, table: str, row: object = "") -> int:
    """Return the number of a change, at least 1."""
    if value == 0:
        raise damaged(table, Problem.NOT_A_COUNT, row)
    return count_of(value, CHANGE_LIMIT, table, row)


def key_of(value: Any, keys: Mapping[int, Kid], row: object = "") -> Kid:
    """Return the key with this number. Raises CmdbDamaged, because foreign keys may be violated."""
    kid = keys.get(value) if type(value) is int else None
    if kid is None:
        raise damaged("credentials", Problem.UNKNOWN_KEY, row)
    return kid


def credential_of(row: Sequence[Any], keys: Mapping[int, Kid]) -> Credential:
    """Return a credential from (id, key_no, kind, name, target, account, note, number, created, updated,
    ...); an UnreadableCredential where a value is not as nskeys writes it."""
    try:
        return _credential_of(row, keys)
    except CmdbDamaged as error:
        return unreadable_of(row, keys.get(row[1]) if type(row[1]) is int else None, error.problem)


def sealed_of(row: Sequence[Any], keys: Mapping[int, Kid]) -> SealedCredential:
    """Return the same, with the sealed secret at the end."""
    credential = credential_of(row, keys)
    try:
        return SealedCredential(credential, bytes_of(row[10], SEALED_LIMIT, "credentials"))
    except CmdbDamaged as error:
        if not isinstance(credential, UnreadableCredential):
            credential = unreadable_of(row, credential.kid, error.problem)
        return SealedCredential(credential, b"")


def _credential_of(row: Sequence[Any], keys: Mapping[int, Kid]) -> Credential:
    table = "credentials"
    credential_id = hex_of(row[0], 32, table, row[0])
    fields = CredentialFields(
        kind_of(row[2], table, credential_id),
        text_of(row[3], NAME_LIMIT, table, credential_id),
        text_of(row[4], FIELD_LIMIT, table, credential_id),
        text_of(row[5], FIELD_LIMIT, table, credential_id),
        text_of(row[6], NOTE_LIMIT, table, credential_id),
    )
    return Credential(
        credential_id=credential_id,
        fields=fields,
        kid=key_of(row[1], keys, credential_id),
        created=moment_of(row[8], table, credential_id),
        updated=moment_of(row[9], table, credential_id),
        number=change_of(row[7], table, credential_id),
    )


def unreadable_of(row: Sequence[Any], key: Kid | None, problem: Problem) -> UnreadableCredential:
    """Return the readable part of a row of `credential_of`; missing values are treated as unreadable."""
    ill = set() if key is not None else {"key"}

    def read(name: str, check: Callable[[], Any], instead: Any) -> Any:
        try:
            return check()
        except (CmdbDamaged, IndexError):
            ill.add(name)
            return instead

    def text(name: str, at: int, limit: int) -> str:
        stored = row[at] if at < len(row) else ""
        shown: str = read(name, lambda: text_of(row[at], limit, ""), shown_as_text(stored, limit))
        return shown

    credential_id = read("id", lambda: hex_of(row[0], 32, ""), shown_as_text(row[0], _SHOWN_ID))
    fields = CredentialFields(
        read("kind", lambda: kind_of(row[2], ""), CredentialKind.RUN_AS),
        text("name", 3, NAME_LIMIT),
        text("target", 4, FIELD_LIMIT),
        text("account", 5, FIELD_LIMIT),
        text("note", 6, NOTE_LIMIT),
    )
    number = read("number", lambda: change_of(row[7], ""), 0)
    created, updated = (
        read(name, functools.partial(_moment_at, row, at), _NO_TIME)
        for name, at in (("created", 8), ("updated", 9))
    )
    return UnreadableCredential(
        credential_id=credential_id,
        fields=fields,
        kid=NO_KEY,
        created=created,
        updated=updated,
        number=number,
        problem=problem,
        ill=frozenset(ill),
        key=key,
    )


def _moment_at(row: Sequence[Any], at: int) -> datetime:
    return moment_of(row[at], "")


def readable_rows(
    rows: Sequence[tuple[Any, ...]], kid: Kid, unreadable: Callable[[UnreadableCredential], None]
) -> Sequence[SealedRow]:
    """Return the rows of a batch of one key whose types and ids are as nskeys writes them; `unreadable`
    is called with the others.

    It checks column by column: row by row would take as long as opening them. Lengths and ranges are not
    checked: a field longer than nskeys writes, or another number, is not the sealed one, so the row does
    not open.
    """
    if not rows or sound(rows):
        return rows
    good = []
    for row in rows:
        if sound([row]):
            good.append(row)
        else:
            credential_id, *rest, _ = row
            unreadable(unreadable_of((credential_id, 0, *rest), kid, Problem.NOT_A_ROW))
    return good


def sound(rows: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether all of these are rows as `readable_rows` wants them."""
    ids, kinds, *texts, numbers, created, updated, blobs = zip(*rows, strict=True)
    try:
        digits = "".join(ids)
        return (
            bytes.fromhex(digits).hex() == digits
            and set(map(len, ids)) == {32}
            and _KINDS.keys() >= set(kinds)
            and all(set(map(type, column)) == {str} for column in texts)
            and set(map(type, blobs)) == {bytes}
            # Takes integers only, of the size that a column has.
            and bool(array("q", numbers + created + updated))
        )
    except (TypeError, ValueError, OverflowError):
        return False

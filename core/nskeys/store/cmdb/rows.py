"""Credentials as rows: what the database holds of them, checked, as parts of the model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nskeys.model.credentials import (
    FIELD_LIMIT,
    NAME_LIMIT,
    NOTE_LIMIT,
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
)
from nskeys.model.keys import SEALS_LIMIT, Kid
from nskeys.ports import SealedRow
from nskeys.store.cmdb.values import (
    NUMBER_LIMIT,
    bytes_of,
    count_of,
    damaged,
    hex_of,
    moment_of,
    text_of,
)

_SEALED_LIMIT = 1 << 17
"""Bytes of a sealed secret, generously; `crypto` knows the exact sizes."""
_KINDS: Mapping[str, CredentialKind] = {kind.value: kind for kind in CredentialKind}


def kind_of(value: Any, table: str, row: object = "") -> CredentialKind:
    """A credential's kind."""
    kind = _KINDS.get(value) if type(value) is str else None
    if kind is None:
        raise damaged(table, "not_a_kind", row)
    return kind


def keys_of(rows: Iterable[Sequence[Any]]) -> dict[int, Kid]:
    """Key ids by their number, from (key_no, kid)."""
    return {
        count_of(number, NUMBER_LIMIT, "keys", kid): Kid(hex_of(kid, 64, "keys", number))
        for number, kid in rows
    }


def name_of(value: Any) -> str:
    """A credential's name."""
    return text_of(value, NAME_LIMIT, "credentials", value)


def seals_of(value: Any, kid: Kid) -> int:
    """How many secrets a key sealed."""
    return count_of(value, SEALS_LIMIT, "keys", kid)


def seal_no_of(value: Any, row: object = "") -> int:
    """The number of a seal; all keys together make no more than this."""
    return count_of(value, SEALS_LIMIT * NUMBER_LIMIT, "credentials", row)


def key_of(value: Any, keys: Mapping[int, Kid], row: object = "") -> Kid:
    """The key with this number; the database does not have to keep its own promises."""
    kid = keys.get(value) if type(value) is int else None
    if kid is None:
        raise damaged("credentials", "unknown_key", row)
    return kid


def credential_of(row: Sequence[Any], keys: Mapping[int, Kid]) -> Credential:
    """From (id, key_no, kind, name, target, account, note, sealed_at, created, updated,
    seal_no, ...)."""
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
        sealed=moment_of(row[7], table, credential_id),
        seal_no=seal_no_of(row[10], credential_id),
    )


def sealed_of(row: Sequence[Any], keys: Mapping[int, Kid]) -> SealedCredential:
    """The same, with the sealed secret at the end."""
    credential = credential_of(row, keys)
    return SealedCredential(credential, bytes_of(row[11], _SEALED_LIMIT, "credentials", row[0]))


def sealed_rows_of(rows: Sequence[tuple[Any, ...]]) -> Sequence[SealedRow]:
    """A batch of (id, kind, name, target, account, note, sealed), of checked types and ids.

    Column by column: a row at a time would cost as much as opening it. Lengths are not looked at: a field
    that is longer than nskeys writes is not the one that was sealed, and the row does not open.
    """
    if not rows or _sound(rows):
        return rows
    raise damaged("credentials", "not_a_row", *(row[0] for row in rows if not _sound([row])))


def _sound(rows: Sequence[tuple[Any, ...]]) -> bool:
    ids, kinds, *texts, blobs = zip(*rows, strict=True)
    try:
        digits = "".join(ids)
        return (
            bytes.fromhex(digits).hex() == digits
            and set(map(len, ids)) == {32}
            and _KINDS.keys() >= set(kinds)
            and all(set(map(type, column)) == {str} for column in texts)
            and set(map(type, blobs)) == {bytes}
        )
    except (TypeError, ValueError):
        return False

"""The bound fields of a row as bytes, each `u32be(length) | UTF-8`: seals and the inventory share them.

This is the hot path of opening many rows. Almost every field is shorter than 512 bytes, and looking a
length up is faster than packing it.
"""

from collections.abc import Iterable

from nskeys.model.credentials import CredentialKind, SealedRow

LOOKED_UP = 512
LENGTHS = [size.to_bytes(4, "big") for size in range(LOOKED_UP)]


def prefixed(data: bytes) -> bytes:
    """Return `field(data)` of core/FORMAT.md."""
    size = len(data)
    return (LENGTHS[size] if size < LOOKED_UP else size.to_bytes(4, "big")) + data


_KINDS: dict[str, bytes] = {kind.value: prefixed(kind.value.encode()) for kind in CredentialKind}


def bound_fields(kind: str, name: str, target: str, account: str, note: str) -> bytes:
    """Return the five fields in their order. Raises UnicodeEncodeError, a ValueError, for what is no
    text."""
    name_, target_, account_, note_ = name.encode(), target.encode(), account.encode(), note.encode()
    try:
        return b"".join(
            (
                _KINDS[kind],
                LENGTHS[len(name_)],
                name_,
                LENGTHS[len(target_)],
                target_,
                LENGTHS[len(account_)],
                account_,
                LENGTHS[len(note_)],
                note_,
            )
        )
    except LookupError:
        return b"".join(map(prefixed, (kind.encode(), name_, target_, account_, note_)))


def bound_of(rows: Iterable[SealedRow]) -> list[bytes]:
    """Return the bound fields of each row, for `Sealer.failing` and `RowSums.of` together. Raises
    UnicodeEncodeError as `bound_fields`."""
    return [bound_fields(row[1], row[2], row[3], row[4], row[5]) for row in rows]

"""The sum over a key's rows in the inventory (core/FORMAT.md, "Inventory").

    h(row)  = SHAKE-128, 256 bytes, of "nskeys/inventory/1" 0x00 | cmdb_id(16) | kid(32)
              | field(id) | field(kind) | field(name) | field(target) | field(account) | field(note)
              | field(number) | field(created) | field(updated) | field(sealed)
    row_sum = the sum of all h(row), taken as big-endian numbers, modulo 2^2048

It has no key: whoever reads the rows can check it, and the signature over it counts. A sum of 256 bits
would fall to a generalised birthday attack (Wagner, 2002), one under the sealing key to whoever holds that
key.
"""

from collections.abc import Iterable, Sequence
from hashlib import shake_128
from operator import itemgetter

from nskeys.crypto.row_fields import LENGTHS, LOOKED_UP, bound_of, prefixed
from nskeys.model.credentials import SealedRow
from nskeys.model.inventory import ROW_SUM_MASK
from nskeys.model.keys import Kid

_PREFIX = b"nskeys/inventory/1\x00"
_ID = (32).to_bytes(4, "big")
_KEPT = 4_096


class RowSums:
    """Sums rows of one key of one CMDB."""

    def __init__(self, cmdb_id: str, kid: Kid) -> None:
        """`cmdb_id` is 32 hex digits."""
        self._prefix = _PREFIX + bytes.fromhex(cmdb_id) + bytes.fromhex(kid) + _ID
        self._numbers: dict[tuple[int, int, int], bytes] = {}

    def of(
        self,
        rows: Sequence[SealedRow],
        bound: Sequence[bytes] | None = None,
        blobs: Iterable[bytes] | None = None,
    ) -> int:
        """Return the sum of rows whose values have the right types; `bound` is their `bound_of`, `blobs`
        are what is sealed instead of what the rows hold."""
        prefix, numbers, lengths, hashed = self._prefix, self._numbers, LENGTHS, shake_128
        sealed = map(itemgetter(9), rows) if blobs is None else blobs
        digests = []
        for row, fields, blob in zip(rows, bound_of(rows) if bound is None else bound, sealed, strict=True):
            # Credentials that came together, by an import, share their numbers.
            tail = numbers.get(row[6:9]) or self._decimals(row[6:9])
            size = len(blob)
            length = lengths[size] if size < LOOKED_UP else size.to_bytes(4, "big")
            data = b"%b%b%b%b%b%b" % (prefix, row[0].encode(), fields, tail, length, blob)
            digests.append(hashed(data).digest(256))
        return sum(map(int.from_bytes, digests)) & ROW_SUM_MASK

    def _decimals(self, numbers: tuple[int, int, int]) -> bytes:
        """Return number, created and updated as fields, and keep them for the next rows."""
        fields = b"".join(prefixed(b"%d" % number) for number in numbers)
        if len(self._numbers) >= _KEPT:
            self._numbers.clear()
        self._numbers[numbers] = fields
        return fields

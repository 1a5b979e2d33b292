"""The limits of a database copy. Readers refuse larger ones before any work is done for them."""

MIB = 1 << 20

PART_LIMIT = 32 * MIB
"""Bytes of the archive of one part."""
PART_FULL = 23 * MIB
"""Bytes of `cmdb.age` after which a part ends; with one more line and the largest manifest it is within
`PART_LIMIT`."""
UNPACKED_LIMIT = 200 * MIB
"""Bytes of one part's lines."""
UNPACKED_FULL = 192 * MIB
LINE_LIMIT = 4 * MIB
"""Bytes of a line; a row that needs more is left out."""
PARTS_LIMIT = 10_000
LEFT_OUT_SHOWN = 100
"""Rows that were left out and are named one by one."""
HOURLY_LIMIT = 32 << 20
"""Bytes of all parts of a copy up to which the timer makes one each hour, and only each night beyond."""

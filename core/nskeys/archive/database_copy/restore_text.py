"""`RESTORE.txt` of a part: what it is and how to open it, for a person who was not there.

It follows from the signed facts and the part's number, so a reader makes it again and compares.
"""

from nskeys.archive.templates import DATABASE_COPY, fill, halves, readable
from nskeys.model.database_copy import CopyFacts
from nskeys.model.times import to_rfc3339


def restore_text(facts: CopyFacts, part: int) -> bytes:
    """Return the whole file, UTF-8 with line feeds."""
    server_key, copy_key = halves(facts.server_key), halves(facts.copy_key.kid)
    holes = {
        "server": facts.server,
        "cmdb_id": facts.cmdb_id,
        "created": readable(to_rfc3339(facts.created)),
        "database": facts.database,
        "part": str(part),
        "parts": str(len(facts.parts)),
        "credentials": str(facts.credentials),
        "number": str(facts.number),
        "copy_key_begins": copy_key[0],
        "copy_key_ends": copy_key[1],
        "recipient": facts.copy_key.recipient,
        "server_key_begins": server_key[0],
        "server_key_ends": server_key[1],
    }
    count = facts.left_out.count
    return fill(DATABASE_COPY, holes, {"left_out": [{"count": str(count)}] if count else []})

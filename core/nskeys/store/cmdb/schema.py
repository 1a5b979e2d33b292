"""The CMDB's tables as queries see them. What makes them is in `migrations`; a test holds both together.

    meta         name, value: `cmdb_id`, `schema` (the last step applied), `audit_signature`
    keys         key_no, kid, and how many secrets the key ever sealed
    credentials  the bound fields, the sealed secret, the key that sealed it, and how many seals all keys
                 had made by then. Times are seconds since 1970
    listing      derived from the bound fields: a key for each order, and the text that is searched.
                 Apart from `credentials`, so that re-sealing writes no more than the seal
    register     one row for each copy of each backup: RFC 8785 JSON and the server key's signature
    drills       the diary: RFC 8785 JSON and, where it was at hand, the server key's signature
    rotations    what was begun and how far it came
    audit        lines and their chain of hashes

Importing this module imports SQLAlchemy: only `cmdb` may, at first use.
"""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text
from sqlalchemy.types import NullType

metadata = MetaData()

BYTES = NullType()
"""The driver's own bytes. SQLAlchemy's type would turn what it finds into bytes before it is checked."""

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text))

keys = Table(
    "keys",
    metadata,
    Column("key_no", Integer, primary_key=True),
    Column("kid", Text),
    Column("seals", BigInteger),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key_no", Integer),
    Column("kind", Text),
    Column("name", Text),
    Column("target", Text),
    Column("account", Text),
    Column("note", Text),
    Column("sealed_at", BigInteger),
    Column("created", BigInteger),
    Column("updated", BigInteger),
    Column("seal_no", BigInteger),
    Column("sealed", BYTES),
)

listing = Table(
    "listing",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text),
    Column("by_kind", Text),
    Column("by_name", Text),
    Column("by_target", Text),
    Column("by_account", Text),
    Column("by_updated", Text),
    Column("haystack", Text),
)

register = Table(
    "register",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kms_sha256", Text),
    Column("address", Text),
    Column("body", Text),
    Column("signature", BYTES),
)

drills = Table(
    "drills",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("body", Text),
    Column("signature", BYTES),
)

rotations = Table(
    "rotations",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kid", Text),
    Column("stage", Text),
    Column("begun", BigInteger),
    Column("changed", BigInteger),
    Column("gate_skipped", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("line", Text),
    Column("digest", BYTES),
)

TABLES = frozenset(metadata.tables)

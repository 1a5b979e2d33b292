"""The CMDB: credentials, register, rotations and audit trail in SQLite or PostgreSQL."""

from nskeys.store.cmdb.database import SqlCmdb as SqlCmdb, cmdb_in_file as cmdb_in_file

"""The two registry values: of the last good backup, as the product keeps them."""

from datetime import datetime
from typing import NamedTuple


class RegistryValues(NamedTuple):
    """`KMSBackupPath` and `KMSBackupDate`: destination and time of the last good key backup."""

    backup_path: str | None = None
    backup_date: datetime | None = None

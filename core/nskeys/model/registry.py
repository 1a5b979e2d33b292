"""The two registry values: of the last good backup, as the product keeps them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RegistryValues:
    """`KMSBackupPath` and `KMSBackupDate`: destination and time of the last good key backup."""

    backup_path: str | None = None
    backup_date: datetime | None = None

"""A new passphrase is none that opens a backup already: whoever learns one would have both.

The other direction, a backup's password that opens the key store, is refused in `passwords`.
"""

from nskeys.archive.opening import open_backup
from nskeys.errors import NskeysError, PasswordRefused
from nskeys.model.backup import Inspected, Protection
from nskeys.model.secret import SecretBytes
from nskeys.services.installation import Installation
from nskeys.services.register.service import RegisterService


def refuse_backup_password(installation: Installation, passphrase: SecretBytes) -> None:
    """PasswordRefused (`opens_backup`) where it opens the newest backup that can be reached.

    Only that one is tried, for each costs as much as opening it: a second and 256 MiB. Where there is
    none, or it cannot be tried, nothing speaks against the passphrase."""
    try:
        newest = RegisterService(installation).read("latest")[0]
    except NskeysError:
        return
    refuse_password_of(newest, passphrase)


def refuse_password_of(backup: Inspected, passphrase: SecretBytes) -> None:
    """PasswordRefused (`opens_backup`) where it opens this backup."""
    if backup.protection is not Protection.PASSWORD:
        return
    try:
        open_backup(backup, passphrase).wipe()
    except NskeysError:
        return
    raise PasswordRefused("opens_backup")

"""The host's half of a credential of systemd: `/var/lib/systemd/credential.secret`.

The file begins with 16 bytes that say to which machine-id it belongs: HMAC-SHA256 under the machine-id of
a constant of systemd's, made a version 4 UUID (`sd_id128_get_machine_app_specific`; RFC 9562, section 5.4).
And systemd-creds *deletes* it where they do not fit, even when it was asked to decrypt
(`get_credential_host_secret` in systemd 252). An attempt to open the keys of a machine whose machine-id was
lost would so destroy what they could be opened with once the machine-id is put back. So it is looked at
first.
"""

import hmac
from pathlib import Path

HOST_SECRET = Path("/var/lib/systemd/credential.secret")
MACHINE_ID = Path("/etc/machine-id")

_APPLICATION = bytes.fromhex("d3acecba0dad4cdfb8c9381528936c58")
_SIZE = 16


def belongs_here(secret: Path = HOST_SECRET, machine_id: Path = MACHINE_ID) -> bool:
    """Whether the host's half is there and is this machine's. True also where that cannot be told: then
    systemd-creds does not come as far as deleting it."""
    try:
        with secret.open("rb", buffering=0) as file:
            owner = file.read(_SIZE)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        here = bytes.fromhex(machine_id.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return True
    return len(here) != _SIZE or hmac.compare_digest(owner, _owner(here))


def _owner(machine_id: bytes) -> bytes:
    mark = bytearray(hmac.digest(machine_id, _APPLICATION, "sha256")[:_SIZE])
    mark[6] = mark[6] & 0x0F | 0x40
    mark[8] = mark[8] & 0x3F | 0x80
    return bytes(mark)

"""Register rows and lines of the diary for tests."""

from nskeys.model.backup import Protection
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.diary import DrillEnd, DrillEntry
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, ProofDate
from tests.fakes.credentials import OLD_KEY
from tests.fakes.fixed import AFTERNOON, HOST, OPERATOR


def a_copy(generation: int = 1, address: str = "/mnt/vault/ns01.zip") -> BackupCopy:
    """A copy elsewhere of the backup of this generation, opened once."""
    backup = BackupIdentity(
        kms_sha256=f"{generation:064x}",
        archive_sha256="cd" * 32,
        archive_name="ns01-c0c0c0c0-20261123T140200Z.zip",
        size=4_711,
        server="ns01",
        cmdb_id="c0" * 16,
        server_key="ef" * 32,
        created=AFTERNOON,
        generation=generation,
        previous=None,
        kids=(OLD_KEY,),
        protection=Protection.PASSWORD,
        recipients=(),
        hint="the usual drawer",
    )
    return BackupCopy(
        backup=backup,
        destination="/mnt/vault",
        address=address,
        where=LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "vault:/backups"),
        proofs=(ProofDate(Proof.OPENED, AFTERNOON),),
        status=CopyStatus.GOOD,
        look_moment=AFTERNOON,
        good_moment=AFTERNOON,
    )


def an_entry() -> DrillEntry:
    """A line of the diary: a drill with this copy that opened fourteen credentials."""
    return DrillEntry(
        began=AFTERNOON,
        seconds=4,
        actor=OPERATOR,
        host=HOST,
        address="/mnt/vault/ns01.zip",
        archive_sha256="cd" * 32,
        generation=1,
        end=DrillEnd.PROVEN,
        reached=Proof.CREDENTIALS_OPEN,
        opened=14,
        missing=0,
        tampered=0,
        failures=(),
        typed=True,
    )

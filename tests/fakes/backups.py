"""Register rows and lines of the diary for tests."""

from dataclasses import replace
from datetime import datetime

from nskeys.model.database_register import CopyIdentity, DatabaseCopy, RegisteredPart
from nskeys.model.declared_backups import BackupCheck, DeclaredBackup
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.diary import DrillEnd, DrillEntry
from nskeys.model.halves import DatabaseHalf, Signers
from nskeys.model.keys import Kid
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, ProofDate, Protection
from tests.fakes.credentials import OLD_KEY
from tests.fakes.fixed import AFTERNOON, HOST, OPERATOR

SERVER_KEY, COPY_KEY = "ef" * 32, "cc" * 32


def a_copy(generation: int = 1, address: str = "/mnt/vault/ns01.zip") -> BackupCopy:
    """A copy elsewhere of the backup of this generation, opened once."""
    backup = BackupIdentity(
        kms_sha256=f"{generation:064x}",
        archive_sha256="cd" * 32,
        archive_name="ns01-c0c0c0c0-20261123T140200Z.zip",
        size=4_711,
        server="ns01",
        cmdb_id="c0" * 16,
        server_key=SERVER_KEY,
        created=AFTERNOON,
        generation=generation,
        previous=None,
        kids=(OLD_KEY,),
        protection=Protection.PASSWORD,
        recipients=(),
        hint="the usual drawer",
        copy_kids=(COPY_KEY,),
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


def a_database_copy(number: int = 187, *kids: Kid, **changes: object) -> DatabaseCopy:
    """A good copy elsewhere of the rows at this change, sealed by these keys."""
    copy = DatabaseCopy(
        copy=CopyIdentity(
            sha256=f"{number:064x}",
            server="ns01",
            cmdb_id="c0" * 16,
            server_key=SERVER_KEY,
            created=AFTERNOON,
            number=number,
            copy_kid=COPY_KEY,
            keys=tuple((kid, 10) for kid in kids or (OLD_KEY,)),
            uncovered=(),
            covers_nothing=False,
        ),
        destination="/mnt/vault",
        parts=(RegisteredPart(f"ns01-c0c0c0c0-{number}-cmdb-1of1.zip", "ab" * 32, 4_711),),
        where=LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "vault:/backups"),
        proofs=(),
        status=CopyStatus.GOOD,
        look_moment=AFTERNOON,
        good_moment=AFTERNOON,
        signed=True,
    ).with_proof(Proof.KEYS_MATCH, AFTERNOON)
    return replace(copy, **changes)  # type: ignore[arg-type]  # fields of DatabaseCopy


def a_declared_backup(
    checked: datetime | None = AFTERNOON, number: int = 187, text: str = "pgBackRest to vault02"
) -> DeclaredBackup:
    """Somebody else's backup that this server vouches for; None: nobody checked it."""
    state = a_database_copy(number).copy._replace(copy_kid="")
    check = checked and BackupCheck(state, checked, Proof.CREDENTIALS_OPEN, "/srv/restored.sqlite3")
    return DeclaredBackup(text, AFTERNOON, (check,) if check else (), signed=True)


def a_half(*copies: DatabaseCopy, **changes: object) -> DatabaseHalf:
    """These copies, vouched for by the server that the backups here are of."""
    half = DatabaseHalf(copies, Signers("c0" * 16, SERVER_KEY), frozenset({COPY_KEY}))
    return half._replace(**changes)  # type: ignore[arg-type]  # fields of DatabaseHalf


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

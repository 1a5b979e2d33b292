"""Homes with many credentials, by the program's own ports. A large one is made once, and copied."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from nskeys.bootstrap import Costs, Services, connect
from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.sealing import Sealer
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, CredentialKind, SealedCredential, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretRequest, Settings
from nskeys.services.transaction import signed_changes

PASSWORD = "a password for measuring only"
_BATCH = 10_000
_LARGE = 10_000
_CHEAP = Argon2Cost(memory_kib=64, iterations=1, lanes=1)


def give_password(request: SecretRequest, retry: int) -> SecretBytes:
    """Answers every question with the one password."""
    return SecretBytes.from_text(PASSWORD)


def connected(path: Path, scrypt_log_n: int = 4, cmdb: str | None = None) -> Services:
    """The program on a home, with key derivations that cost little."""
    return connect(str(path), cmdb, costs=Costs(scrypt_log_n, _CHEAP, least_score=0))


def make_home(path: Path, credentials: int, scrypt_log_n: int = 18, cmdb: str | None = None) -> Services:
    """An installation in `path` with so many credentials, its key in a plain file."""
    if credentials >= _LARGE and cmdb is None:
        shutil.copytree(_made_before(credentials), path)
        return connected(path, scrypt_log_n)
    services = connected(path, scrypt_log_n, cmdb)
    services.set_up.execute("file", give_password, Settings("bench", cmdb or ""))
    fill(services, credentials)
    return services


@cache
def _made_before(credentials: int) -> Path:
    """Return a home that goes with this process."""
    folder = Path(tempfile.mkdtemp(prefix="nskeys-benchmark-homes-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    services = connected(folder / "home")
    services.set_up.execute("file", give_password, Settings("bench", ""))
    fill(services, credentials)
    services.close()
    return folder / "home"


def bare_key(services: Services) -> tuple[str, str, bytes]:
    """Return what a bare loop opens rows with: the ids of the CMDB and of its one key, and that."""
    installation = services.installation
    kid = installation.keys()[0].kid
    with installation.key_store.unlock(give_password) as keys:
        return installation.cmdb.cmdb_id(), kid, keys.key(kid).reveal()


def fill(services: Services, credentials: int) -> None:
    """Add so many credentials, in large transactions."""
    installation = services.installation
    cmdb_id = installation.cmdb.cmdb_id()
    kid = installation.keys()[0].kid
    now = datetime.now(UTC).replace(microsecond=0)
    with signed_changes(installation, give_password, "filling") as changes:
        sealer = Sealer(cmdb_id, kid, changes.keys.key(kid))
        for batch in _batches(credentials):
            event = installation.event(Action.CREDENTIALS_IMPORTED, "benchmark", imported=len(batch))
            with changes.signed(event) as change:
                change.add([_sealed(sealer, number, now, change.number) for number in batch])


def _sealed(sealer: Sealer, which: int, now: datetime, number: int) -> SealedCredential:
    fields = check_fields(
        CredentialKind.RUN_AS,
        f"package-{which:06d}",
        f"finance-{which % 97}",
        f"CORP\\svc-{which % 1009}",
    )
    credential = Credential(os.urandom(16).hex(), fields, sealer.kid, now, now, number)
    with SecretBytes.from_text(f"secret {which}") as secret:
        return sealer.seal(credential, secret)


def _batches(credentials: int) -> Iterator[range]:
    for start in range(0, credentials, _BATCH):
        yield range(start, min(start + _BATCH, credentials))

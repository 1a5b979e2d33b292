"""Homes with many credentials, made through the program's own ports."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from nskeys.bootstrap import Costs, Services, connect
from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.sealing import Sealer
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, CredentialKind, SealedCredential, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretRequest, Settings

PASSWORD = "a password for measuring only"
_BATCH = 10_000
_CHEAP = Argon2Cost(memory_kib=64, iterations=1, lanes=1)


def give_password(request: SecretRequest, retry: int) -> SecretBytes:
    """Answers every question with the one password."""
    return SecretBytes.from_text(PASSWORD)


def make_home(path: Path, credentials: int, scrypt_log_n: int = 18) -> Services:
    """An installation in `path` with so many credentials, its key in a plain file."""
    services = connect(str(path), costs=Costs(scrypt_log_n, _CHEAP, least_score=0))
    services.set_up.execute("file", give_password, Settings("bench", ""))
    fill(services, credentials)
    return services


def fill(services: Services, credentials: int) -> None:
    """Add so many credentials, in large transactions."""
    installation = services.installation
    cmdb_id = installation.cmdb.cmdb_id()
    now = datetime.now(UTC).replace(microsecond=0)
    with installation.key_store.unlock(give_password) as keys:
        info = installation.key_store.keys()[0]
        sealer = Sealer(cmdb_id, info.kid, keys.key(info.kid))
        for batch in _batches(credentials):
            rows = []
            for number in batch:
                credential_id = os.urandom(16).hex()
                fields = check_fields(
                    CredentialKind.RUN_AS,
                    f"package-{number:06d}",
                    f"finance-{number % 97}",
                    f"CORP\\svc-{number % 1009}",
                )
                credential = Credential(credential_id, fields, info.kid, now, now, now)
                with SecretBytes.from_text(f"secret {number}") as secret:
                    rows.append(SealedCredential(credential, sealer.seal(credential_id, fields, secret)))
            event = installation.event(Action.CREDENTIALS_IMPORTED, "benchmark", imported=len(rows))
            with installation.cmdb.changing(event) as change:
                change.add(rows)


def _batches(credentials: int) -> Iterator[range]:
    for start in range(0, credentials, _BATCH):
        yield range(start, min(start + _BATCH, credentials))

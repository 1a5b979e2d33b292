"""Credentials for tests of what stores and lists them; their blobs are no real seals."""

import itertools
from datetime import datetime

from nskeys.model.credentials import (
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
)
from nskeys.model.keys import Kid
from tests.fakes.fixed import AFTERNOON

BLOB = b"\x01" + bytes(92)
OLD_KEY = Kid("0a" * 32)
NEW_KEY = Kid("1b" * 32)

_numbers = itertools.count(1)


def a_credential(
    name: str = "deploy",
    kind: CredentialKind = CredentialKind.RUN_AS,
    *,
    target: str = "finance-*",
    account: str = "CORP\\svc",
    note: str = "",
    kid: Kid = OLD_KEY,
    credential_id: str = "",
    updated: datetime = AFTERNOON,
    number: int = 1,
    blob: bytes = BLOB,
) -> SealedCredential:
    """A credential with an id of its own."""
    fields = CredentialFields(kind, name, target, account, note)
    identity = credential_id or f"{next(_numbers):032x}"
    return SealedCredential(Credential(identity, fields, kid, AFTERNOON, updated, number), blob)

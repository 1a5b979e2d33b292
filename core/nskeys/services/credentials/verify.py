"""Proves that credentials open: every row is decrypted with the keys at hand, its secret dropped at
once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from nskeys.crypto.row_fields import bound_of
from nskeys.crypto.sealing import Sealer
from nskeys.errors import NoSuchKey
from nskeys.model.credentials import Credential, SealedRow, UnreadableCredential
from nskeys.model.keys import Kid
from nskeys.model.plans import CredentialProof, ProofReport
from nskeys.model.secret import SecretBytes
from nskeys.ports import CmdbView, OpenKeyStore, Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import FailureReason
from nskeys.services.installation import Installation
from nskeys.services.inventory import InventoryCheck
from nskeys.services.settling import unlocked

_PAGE = 5_000


class Readable(Protocol):
    """What can be read from: the CMDB, or one snapshot of another database."""

    def reading(self) -> AbstractContextManager[CmdbView]:
        """Open a consistent snapshot."""
        ...


def prove(
    cmdb: Readable, cmdb_id: str, key_of: Callable[[Kid], SecretBytes | None], progress: Progress
) -> ProofReport:
    """Try every credential, and compare them all with the inventory. `key_of` gives a key, or None where it
    is missing; `cmdb_id` is the id that the seals are bound to. Changes nothing, so it may stop after any
    batch."""
    tried, ill = _Attempt(), list[UnreadableCredential]()
    sealers: dict[Kid, Sealer | None] = {}
    with cmdb.reading() as view:
        progress.stage(Stage.PROVING, sum(use.credentials for use in view.counts()))
        check = InventoryCheck(view)
        for kid, rows in view.stream_rows(ill.append):
            progress.checkpoint()
            if kid not in sealers:
                material = key_of(kid)
                sealers[kid] = None if material is None else Sealer(cmdb_id, kid, material)
            bound = bound_of(rows)
            failed = tried.add(kid, sealers[kid], rows, bound)
            check.add(kid, rows, bound)
            progress.proved(rows, failed)
            progress.advance(len(rows))
        upto, differences = view.number, check.differences()
    progress.proved([_as_row(row) for row in ill], dict.fromkeys(_ids(ill), FailureReason.UNREADABLE))
    return replace(tried.report(cmdb, ill), upto=upto, differences=differences)


def _as_row(row: UnreadableCredential) -> SealedRow:
    fields = row.fields
    kind, _, _ = row.reference.partition("/")
    return (row.credential_id, kind, fields.name, fields.target, fields.account, fields.note, 0, 0, 0, b"")


def _ids(rows: Sequence[UnreadableCredential]) -> list[str]:
    return [row.credential_id for row in rows]


def prove_here(installation: Installation, keys: OpenKeyStore, progress: Progress) -> ProofReport:
    """Try every credential with the open key store's keys."""
    return prove(installation.cmdb, installation.cmdb.cmdb_id(), keys_in(keys), progress)


def keys_in(keys: OpenKeyStore) -> Callable[[Kid], SecretBytes | None]:
    """Return what gives each key of an open key store, and None for others."""

    def key_of(kid: Kid) -> SecretBytes | None:
        try:
            return keys.key(kid)
        except NoSuchKey:
            return None

    return key_of


@dataclass
class _Attempt:
    """The results so far."""

    opened: dict[Kid, int] = field(default_factory=dict)
    missing: dict[Kid, set[str]] = field(default_factory=dict)
    tampered: list[str] = field(default_factory=list)

    def add(
        self, kid: Kid, sealer: Sealer | None, rows: Sequence[SealedRow], bound: Sequence[bytes]
    ) -> dict[str, FailureReason]:
        """Try a batch of one key's rows and return why each id that does not open failed."""
        if sealer is None:
            ids = [row[0] for row in rows]
            self.missing.setdefault(kid, set()).update(ids)
            return dict.fromkeys(ids, FailureReason.KEY_MISSING)
        failing = sealer.failing(rows, bound)
        self.opened[kid] = self.opened.get(kid, 0) + len(rows) - len(failing)
        self.tampered += failing
        return dict.fromkeys(failing, FailureReason.TAMPERED)

    def report(self, cmdb: Readable, ill: Sequence[UnreadableCredential]) -> ProofReport:
        """Return the report with the failed credentials and the rows that could not be read. A credential
        that was removed meanwhile is left out."""
        with cmdb.reading() as view:
            # A row whose id cannot be read cannot be looked up.
            stored = [None if "id" in row.ill else view.credential(row.credential_id) for row in ill]
        failures = [
            CredentialProof(row.credential if row is not None else met, FailureReason.UNREADABLE)
            for met, row in zip(ill, stored, strict=True)
        ]
        failures += [
            CredentialProof(credential, FailureReason.KEY_MISSING)
            for kid, ids in self.missing.items()
            for credential in sealed_by(cmdb, kid)
            if credential.credential_id in ids
        ]
        if self.tampered:
            with cmdb.reading() as view:
                found = [view.credential(credential_id) for credential_id in self.tampered]
            failures += [
                CredentialProof(row.credential, FailureReason.TAMPERED) for row in found if row is not None
            ]
        return ProofReport(
            opened=sum(self.opened.values()),
            failures=tuple(sorted(failures, key=lambda proof: proof.credential.reference)),
            opened_by_key=tuple(sorted(self.opened.items())),
        )


def sealed_by(cmdb: Readable, kid: Kid) -> Iterator[Credential]:
    """Yield every credential that a key sealed, in the order of their ids."""
    after = ""
    while True:
        with cmdb.reading() as view:
            rows = view.sealed(kid, after, _PAGE)
        if not rows:
            return
        yield from (row.credential for row in rows)
        after = rows[-1].credential.credential_id


class VerifyService:
    """Opens every credential and changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(self, secrets: SecretProvider, progress: Progress | None = None) -> ProofReport:
        """Try every credential with this server's keys."""
        self._installation.require()
        with unlocked(self._installation, secrets) as keys:
            return prove_here(self._installation, keys, progress or SilentProgress())

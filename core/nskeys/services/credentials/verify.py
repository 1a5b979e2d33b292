"""Proves that credentials open: every row is decrypted with the keys at hand, its secret dropped at
once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from nskeys.crypto.sealing import Sealer
from nskeys.errors import NoSuchKey
from nskeys.model.credentials import Credential, UnreadableCredential
from nskeys.model.keys import Kid
from nskeys.model.plans import CredentialProof, FailureReason, ProofReport
from nskeys.model.secret import SecretBytes
from nskeys.ports import Cmdb, OpenKeyStore, Progress, SealedRow, SecretProvider, SilentProgress, Stage
from nskeys.services.installation import Installation

_PAGE = 5_000


def prove(
    cmdb: Cmdb, cmdb_id: str, key_of: Callable[[Kid], SecretBytes | None], progress: Progress
) -> ProofReport:
    """Try every credential. `key_of` gives a key, or None where it is missing; `cmdb_id` is the id that the
    seals are bound to. Changes nothing, so it may stop after any batch."""
    with cmdb.reading() as view:
        progress.stage(Stage.PROVING, sum(use.credentials for use in view.counts()))
        upto = view.last_seal()
    tried, ill = _Attempt(), list[UnreadableCredential]()
    sealers: dict[Kid, Sealer | None] = {}
    for kid, rows in cmdb.stream_raw(ill.append):
        progress.checkpoint()
        if kid not in sealers:
            material = key_of(kid)
            sealers[kid] = None if material is None else Sealer(cmdb_id, kid, material)
        failed = tried.add(kid, sealers[kid], rows)
        progress.proved(rows, failed)
        progress.advance(len(rows))
    progress.proved([_as_row(row) for row in ill], dict.fromkeys(_ids(ill), FailureReason.UNREADABLE))
    return replace(tried.report(cmdb, ill), upto=upto)


def _as_row(row: UnreadableCredential) -> SealedRow:
    fields = row.fields
    kind, _, _ = row.reference.partition("/")
    return (row.credential_id, kind, fields.name, fields.target, fields.account, fields.note, b"")


def _ids(rows: Sequence[UnreadableCredential]) -> list[str]:
    return [row.credential_id for row in rows]


def prove_here(installation: Installation, keys: OpenKeyStore, progress: Progress) -> ProofReport:
    """Try every credential with the open key store's keys."""

    def key_of(kid: Kid) -> SecretBytes | None:
        try:
            return keys.key(kid)
        except NoSuchKey:
            return None

    return prove(installation.cmdb, installation.cmdb.cmdb_id(), key_of, progress)


@dataclass
class _Attempt:
    """The results so far."""

    opened: dict[Kid, int] = field(default_factory=dict)
    missing: dict[Kid, set[str]] = field(default_factory=dict)
    tampered: list[str] = field(default_factory=list)

    def add(self, kid: Kid, sealer: Sealer | None, rows: Sequence[SealedRow]) -> dict[str, FailureReason]:
        """Try a batch of one key's rows and return why each id that does not open failed."""
        if sealer is None:
            ids = [row[0] for row in rows]
            self.missing.setdefault(kid, set()).update(ids)
            return dict.fromkeys(ids, FailureReason.KEY_MISSING)
        failing = sealer.failing(rows)
        self.opened[kid] = self.opened.get(kid, 0) + len(rows) - len(failing)
        self.tampered += failing
        return dict.fromkeys(failing, FailureReason.TAMPERED)

    def report(self, cmdb: Cmdb, ill: Sequence[UnreadableCredential]) -> ProofReport:
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


def sealed_by(cmdb: Cmdb, kid: Kid) -> Iterator[Credential]:
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
        with self._installation.key_store.unlock(secrets) as keys:
            return prove_here(self._installation, keys, progress or SilentProgress())

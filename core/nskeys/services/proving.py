"""Proof: every row of the CMDB is opened with the keys at hand; each secret is dropped at once."""

from collections.abc import Callable, Sequence

from nskeys.crypto.sealing import Sealer
from nskeys.model.keys import Kid
from nskeys.model.operations import CredentialProof, FailureReason, ProofReport
from nskeys.model.secret import SecretBytes
from nskeys.ports import Cmdb, Progress, SealedRow, Stage


def prove(
    cmdb: Cmdb, cmdb_id: str, key_of: Callable[[Kid], SecretBytes | None], progress: Progress
) -> ProofReport:
    """Try every credential. `key_of` gives a key or None where it is missing. `cmdb_id` is the id that
    the seals are bound to. Changes nothing, so it may stop at any batch."""
    with cmdb.reading() as view:
        progress.stage(Stage.PROVING, sum(use.credentials for use in view.counts()))
    sealers: dict[Kid, Sealer | None] = {}
    opened = 0
    failed: dict[str, FailureReason] = {}
    for kid, rows in cmdb.stream_raw():
        progress.checkpoint()
        if kid not in sealers:
            material = key_of(kid)
            sealers[kid] = None if material is None else Sealer(cmdb_id, kid, material)
        lost = _try(sealers[kid], rows)
        opened += len(rows) - len(lost)
        failed |= lost
        progress.proved(rows, lost)
        progress.advance(len(rows))
    return ProofReport(opened, _failures(cmdb, failed))


def _try(sealer: Sealer | None, rows: Sequence[SealedRow]) -> dict[str, FailureReason]:
    if sealer is None:
        return dict.fromkeys((row[0] for row in rows), FailureReason.KEY_MISSING)
    return dict.fromkeys(sealer.failing(rows), FailureReason.TAMPERED)


def _failures(cmdb: Cmdb, failed: dict[str, FailureReason]) -> tuple[CredentialProof, ...]:
    if not failed:
        return ()
    proofs = []
    with cmdb.reading() as view:
        for credential_id, reason in failed.items():
            found = view.credential(credential_id)
            # A row that was removed between the two looks is no failure of a credential there is.
            if found is not None:
                proofs.append(CredentialProof(found.credential, reason))
    return tuple(sorted(proofs, key=lambda proof: proof.credential.reference))

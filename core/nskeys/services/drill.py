"""A drill proves a backup without restoring it: restore's proof, and a line in the register."""

from dataclasses import replace

from nskeys.errors import NotSetUp
from nskeys.model.audit import Action
from nskeys.model.keys import Kid
from nskeys.model.operations import DrillReport, FailureReason, ProofReport
from nskeys.model.register import BackupCopy, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import OpenKeyStore, Progress, SecretProvider, SilentProgress, Stage
from nskeys.services.installation import Installation, sign_off, unlocked
from nskeys.services.proving import prove
from nskeys.services.register import known_copy, record
from nskeys.services.sources import OpenSource, Source, opened


class DrillService:
    """Opens a backup with its password and the CMDB's rows with its keys, and nothing more."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(
        self, source: Source, secrets: SecretProvider, progress: Progress | None = None
    ) -> DrillReport:
        """The proof. It works wherever the CMDB can be read; its result is written into the register
        where this server's keys are."""
        installation, told = self._installation, progress or SilentProgress()
        if not installation.cmdb.exists():
            raise NotSetUp(installation.home.path)
        with opened(installation, source, secrets, told) as open_source:
            proof = self._prove(open_source, told)
            reached = reached_by(proof)
            recorded = installation.key_store.exists() and self._record(
                open_source, reached, proof.opened, secrets, told
            )
        return DrillReport(
            address=source.address,
            facts=open_source.facts,
            reached=reached,
            foreign=open_source.foreign,
            proof=proof,
            recorded=recorded,
        )

    def _prove(self, source: OpenSource, told: Progress) -> ProofReport:
        keys = {key.info.kid: key.material for key in source.contents.keys}

        def key_of(kid: Kid) -> SecretBytes | None:
            return keys.get(kid)

        # Seals are bound to the CMDB's id: rows of another CMDB would not open, and that is the truth.
        return prove(self._installation.cmdb, self._installation.cmdb.cmdb_id(), key_of, told)

    def _record(
        self, source: OpenSource, reached: Proof, opened_rows: int, secrets: SecretProvider, told: Progress
    ) -> bool:
        installation, place = self._installation, source.source
        public = installation.key_store.server_public()
        known = known_copy(installation, place.inspected, place.address, public)
        if known is None or source.foreign:
            return False
        told.stage(Stage.RECORDING)
        with unlocked(installation, secrets) as keys, installation.changing("recording a drill"):
            record_proof(installation, replace(known, where=place.where), reached, opened_rows, keys)
        return True


def record_proof(
    installation: Installation, copy: BackupCopy, reached: Proof, opened_rows: int, keys: OpenKeyStore
) -> None:
    """Under the lock: write into the register that the CMDB's rows were tried with this backup."""
    proven = replace(copy, drilled_rows=opened_rows).with_proof(reached, installation.clock.now())
    event = installation.event(Action.DRILLED, copy.address, reached=reached.value, opened=opened_rows)
    with installation.cmdb.changing(event) as change:
        record(change, proven, keys.server_key())
        sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())


def reached_by(proof: ProofReport) -> Proof:
    """Every key matched its id when the file was opened. `credentials_open` needs rows that opened,
    and none that should have and did not; rows of keys that the backup never held are not its claim."""
    tampered = any(failure.failure is FailureReason.TAMPERED for failure in proof.failures)
    return Proof.CREDENTIALS_OPEN if proof.opened and not tampered else Proof.KEYS_MATCH

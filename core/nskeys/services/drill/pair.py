"""A drill from nothing: both halves are fetched and opened, and every row of the one is opened with the
keys of the other, in memory, part by part. Nothing else of this server is used: it runs on any machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from nskeys.crypto.sealing import Sealer
from nskeys.errors import BackupDamaged, BackupForged, NskeysError
from nskeys.model.audit import Action
from nskeys.model.credentials import (
    Credential,
    CredentialFields,
    CredentialKind,
    SealedRow,
)
from nskeys.model.database_copy import CMDB_NAME
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.database_tables import CREDENTIALS
from nskeys.model.diary import DiaryFate, DrillEntry
from nskeys.model.keys import Kid
from nskeys.model.pairs import Lying, LyingCopy
from nskeys.model.plans import CredentialProof, DrillReport, ProofReport
from nskeys.model.register import BackupCopy, Proof
from nskeys.model.unlock import BY_ITS_OWN, Unlock
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import FailureReason, Problem
from nskeys.services.database.copied_rows import CopiedRows, signed_checkpoint, vouched
from nskeys.services.database.pairs import Pair, PairService
from nskeys.services.database.sources import OpenCopy
from nskeys.services.drill.diary import DiaryService, write_line
from nskeys.services.drill.lines import begun, end_of, proven_line
from nskeys.services.drill.service import proven, reached_by, require_recordable
from nskeys.services.installation import Installation
from nskeys.services.open_backup import OpenSource, opened
from nskeys.services.passwords.providers import RecordingSecretProvider
from nskeys.services.register.signed_rows import (
    copy_identity,
    read_register,
    record,
    record_database,
    registered_copy,
)
from nskeys.services.transaction import signed_changes


class PairDrillService:
    """Tries pairs; changes neither half."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._diary = DiaryService(installation)

    def find(self, address: str) -> Pair | Lying:
        """Return the pair to be tried, as `PairService.at` does. A registered key backup that is gone,
        damaged or out of reach is a failed drill, and the diary says so."""
        try:
            return PairService(self._installation).at(address, drill=True)
        except NskeysError as error:
            self._diary.could_not_read(address, error)
            raise

    def execute(
        self,
        pair: Pair,
        secrets: SecretProvider,
        progress: Progress | None = None,
        opening: Unlock = BY_ITS_OWN,
    ) -> DrillReport:
        """Try a pair that has both halves. The result goes into the register where this server's keys are
        and it knows the halves, and into the diary wherever there is one. Raises BackupDamaged,
        BackupForged, PartsMissing, PartsMixed, CopyKeyMissing; Locked, before anything is asked."""
        installation, copy = self._installation, pair.copy
        if copy is None:
            raise ValueError("a pair has two halves")
        progress = progress or SilentProgress()
        require_recordable(installation)
        began, recorder = installation.clock.now(), RecordingSecretProvider(secrets)
        try:
            with opened(installation, pair.source, recorder, progress, opening) as source:
                tried = _Trial(installation, copy, source)
                proof, row = tried.run(progress)
                return self._record(_Tried(source, copy, proof, row, began), secrets, progress)
        except NskeysError as error:
            end = end_of(error, recorder.refused)
            if end is not None:
                facts = pair.source.facts
                self._diary.note(
                    replace(
                        begun(installation, pair.source.address, began, end),
                        archive_sha256=pair.source.inspected.file_sha256,
                        generation=facts.generation if facts else 0,
                        copy_sha256=copy_identity(copy.facts).sha256,
                        copy_number=copy.facts.number,
                        typed=recorder.typed,
                    )
                )
            raise

    def _record(self, tried: "_Tried", secrets: SecretProvider, progress: Progress) -> DrillReport:
        installation, source = self._installation, tried.source
        reached = reached_by(tried.proof, source.facts.kids)
        entry = proven_line(installation, source, tried.proof, reached, tried.began)
        entry = replace(entry, copy_sha256=tried.row.copy.sha256, copy_number=tried.copy.facts.number)
        progress.stage(Stage.RECORDING)
        recorded, problem = self._try_to_record(tried, entry, secrets)
        fate = DiaryFate.SIGNED if recorded else self._diary.note(entry)[0]
        return DrillReport(
            address=source.source.address,
            facts=source.facts,
            reached=reached,
            foreign=source.foreign,
            proof=tried.proof,
            recorded=recorded,
            not_recorded=problem,
            diary=fate,
            copy=tried.copy,
            copy_reached=_copy_reached(tried, reached),
            nowhere=not installation.cmdb.exists(),
        )

    def _try_to_record(
        self, tried: "_Tried", entry: DrillEntry, secrets: SecretProvider
    ) -> tuple[bool, NskeysError | None]:
        """Write register and diary in one transaction, where this server's keys are here and the register
        knows the key backup."""
        installation, source = self._installation, tried.source
        if source.foreign or not installation.key_store.exists():
            return False, None
        if self._known(tried) is None:
            return False, None
        try:
            with signed_changes(installation, secrets, "recording a drill", goes_on=True) as changes:
                known = self._known(tried)
                if known is None:
                    return False, None
                copy = proven(known, source, tried.proof, tried.began)
                event = installation.event(
                    Action.DRILLED,
                    known.address,
                    reached=entry.reached.value if entry.reached else "",
                    opened=tried.proof.opened,
                    copy=tried.copy.facts.number,
                )
                with changes.signed(event) as change:
                    record(change, copy, changes.server_key)
                    for row in read_register(change, installation.server_public()).databases:
                        if row.signed and _is_the(row, tried.row):
                            record_database(change, _proven_row(row, tried, copy.proof), changes.server_key)
                    write_line(change, entry, changes.server_key)
                return True, None
        except NskeysError as error:
            return False, error

    def _known(self, tried: "_Tried") -> BackupCopy | None:
        place, installation = tried.source.source, self._installation
        with installation.cmdb.reading() as view:
            return registered_copy(view, installation.server_public(), place.inspected, place.address)


@dataclass(frozen=True)
class _Tried:
    """A pair that was tried, and what came out."""

    source: OpenSource
    copy: LyingCopy
    proof: ProofReport
    row: DatabaseCopy
    began: datetime


@dataclass
class _Trial:
    """One pass through the rows."""

    installation: Installation
    copy: LyingCopy
    source: OpenSource
    opened: dict[Kid, int] = field(default_factory=dict)
    failures: list[CredentialProof] = field(default_factory=list)

    def run(self, progress: Progress) -> tuple[ProofReport, DatabaseCopy]:
        """Try every row. Raises BackupDamaged where they are not those of the checkpoint."""
        facts, contents = self.copy.facts, self.source.contents
        reader, seen = OpenCopy(self.installation, self.copy, contents.copy_keys), CopiedRows(facts)
        sealers = {key.info.kid: Sealer(facts.cmdb_id, key.info.kid, key.material) for key in contents.keys}
        progress.stage(Stage.PROVING, facts.credentials)
        for table, rows in reader.rows(progress.checkpoint):
            progress.checkpoint()
            if table is not CREDENTIALS:
                seen.add(table, rows)
                continue
            for kid, sealed, bound in seen.credentials(rows):
                failed = self._failing(kid, sealers, sealed, bound)
                progress.proved(sealed, failed)
                progress.advance(len(sealed))
        self._require_fit(reader, seen)
        proof = ProofReport(
            opened=sum(self.opened.values()),
            failures=tuple(sorted(self.failures, key=lambda one: one.credential.reference)),
            opened_by_key=tuple(sorted(self.opened.items())),
            upto=facts.number,
            differences=seen.differences(),
        )
        return proof, reader.register_row()

    def _failing(
        self,
        kid: Kid,
        sealers: Mapping[Kid, Sealer],
        rows: Sequence[SealedRow],
        bound: Sequence[bytes],
    ) -> dict[str, FailureReason]:
        sealer = sealers.get(kid)
        if sealer is None:
            failed = {row[0]: FailureReason.KEY_MISSING for row in rows}
        else:
            failed = dict.fromkeys(sealer.failing(rows, bound), FailureReason.TAMPERED)
            self.opened[kid] = self.opened.get(kid, 0) + len(rows) - len(failed)
        told = (row for row in rows if row[0] in failed)
        self.failures += [CredentialProof(_told(kid, row), failed[row[0]]) for row in told]
        return failed

    def _require_fit(self, reader: OpenCopy, seen: CopiedRows) -> None:
        """Raise where what is not a credential contradicts the checkpoint; credentials that do are
        differences of the proof."""
        facts, path = self.copy.facts, self.copy.address
        if not seen.marked:
            raise BackupDamaged(path, CMDB_NAME, Problem.ROWS_AND_FACTS)
        if not vouched(facts):
            return
        checkpoint = signed_checkpoint(facts, reader.checkpoint)
        if checkpoint is None:
            raise BackupForged(path, CMDB_NAME)
        if not seen.fits(checkpoint):
            raise BackupDamaged(path, CMDB_NAME, Problem.ROWS_AND_CHECKPOINT)


def _told(kid: Kid, row: SealedRow) -> Credential:
    """Return a credential that does not open, to be named; a kind that nskeys does not know is shown as
    another."""
    kind = CredentialKind(row[1]) if row[1] in tuple(CredentialKind) else CredentialKind.RUN_AS
    then = datetime.fromtimestamp(0, UTC)
    return Credential(row[0], CredentialFields(kind, *row[2:6]), kid, then, then, row[6])


def _is_the(row: DatabaseCopy, tried: DatabaseCopy) -> bool:
    return (row.copy.sha256, row.destination) == (tried.copy.sha256, tried.destination)


def _proven_row(row: DatabaseCopy, tried: _Tried, of_keys: Proof) -> DatabaseCopy:
    """Return the copy's row after the drill: its rows are those of its checkpoint, and, where the keys of
    the other half open them all, they open."""
    return replace(row, where=tried.row.where).with_proof(_copy_reached(tried, of_keys), tried.began)


def _copy_reached(tried: _Tried, of_keys: Proof) -> Proof:
    """Return how far the drill proved the copy, where it proved the key backup as far as `of_keys`."""
    if not vouched(tried.copy.facts):
        return Proof.OPENED
    opens = of_keys is Proof.CREDENTIALS_OPEN and tried.proof.whole
    return Proof.CREDENTIALS_OPEN if opens else Proof.KEYS_MATCH

"""A drill proves a backup without restoring it: restore's proof, and a line in register and diary."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from nskeys.errors import (
    CannotCreate,
    NotPermitted,
    NotSetUp,
    NskeysError,
)
from nskeys.model.audit import Action
from nskeys.model.diary import DiaryFate, DrillEntry
from nskeys.model.keys import Kid
from nskeys.model.plans import DrillReport, ProofReport
from nskeys.model.register import BackupCopy, Proof
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import BY_ITS_OWN, Unlock
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.services.credentials.verify import prove
from nskeys.services.drill.diary import DiaryService, write_line
from nskeys.services.drill.lines import begun, end_of, proven_line
from nskeys.services.installation import Installation
from nskeys.services.open_backup import OpenSource, Source, find_source, opened
from nskeys.services.passwords.providers import RecordingSecretProvider
from nskeys.services.register.signed_rows import record, registered_copy
from nskeys.services.settling import require_named_store
from nskeys.services.transaction import KeyedChanges, require_free, signed_changes


class DrillService:
    """Opens a backup with its password and the CMDB's rows with its keys; changes neither."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._diary = DiaryService(installation)

    def find(self, address: str) -> Source:
        """Return the backup to be tried; `latest` is the newest one that the register can reach. A
        registered copy that is gone, damaged or out of reach is a failed drill, and the diary says so."""
        try:
            return find_source(self._installation, address)
        except NskeysError as error:
            self._diary.could_not_read(address, error)
            raise

    def execute(
        self,
        source: Source,
        secrets: SecretProvider,
        progress: Progress | None = None,
        opening: Unlock = BY_ITS_OWN,
    ) -> DrillReport:
        """Try the backup. Works wherever the CMDB can be read; the result goes into the register where this
        server's keys are, and into the diary wherever the CMDB can be written. Raises Locked, before
        anything is asked, where somebody else's change keeps it from being recorded now."""
        installation, progress = self._installation, progress or SilentProgress()
        if not installation.cmdb.exists():
            raise NotSetUp(installation.home.path)
        if installation.key_store.exists():
            installation.require()
            require_named_store(installation)
        require_recordable(installation)
        began, recorder = installation.clock.now(), RecordingSecretProvider(secrets)
        try:
            with opened(installation, source, recorder, progress, opening) as open_source:
                proof = self._prove(open_source, progress)
                return self._record(open_source, proof, began, secrets, progress)
        except NskeysError as error:
            end = end_of(error, recorder.refused)
            if end is not None:
                facts = source.facts
                self._diary.note(
                    replace(
                        begun(installation, source.address, began, end),
                        archive_sha256=source.inspected.file_sha256,
                        generation=facts.generation if facts else 0,
                        typed=recorder.typed,
                    )
                )
            raise

    def _prove(self, source: OpenSource, progress: Progress) -> ProofReport:
        keys = {key.info.kid: key.material for key in source.contents.keys}

        def key_of(kid: Kid) -> SecretBytes | None:
            return keys.get(kid)

        # Seals are bound to the CMDB's id, so rows of another CMDB rightly do not open.
        return prove(self._installation.cmdb, self._installation.cmdb.cmdb_id(), key_of, progress)

    def _record(
        self,
        source: OpenSource,
        proof: ProofReport,
        began: datetime,
        secrets: SecretProvider,
        progress: Progress,
    ) -> DrillReport:
        """Record the result and return the report, also where recording fails: another administrator holds
        the lock, or nobody is there to give the key store's passphrase."""
        reached = reached_by(proof, source.facts.kids)
        entry = proven_line(self._installation, source, proof, reached, began)
        progress.stage(Stage.RECORDING)
        recorded, problem = self._try_to_record(source, proof, entry, secrets)
        fate = DiaryFate.SIGNED if recorded else self._diary.note(entry)[0]
        return DrillReport(
            address=source.source.address,
            facts=source.facts,
            reached=reached,
            foreign=source.foreign,
            proof=proof,
            recorded=recorded,
            not_recorded=problem,
            diary=fate,
        )

    def _try_to_record(
        self, source: OpenSource, proof: ProofReport, entry: DrillEntry, secrets: SecretProvider
    ) -> tuple[bool, NskeysError | None]:
        """Write register and diary in one transaction, where this server's keys are here and the register
        knows the copy."""
        installation, place = self._installation, source.source
        if source.foreign or not installation.key_store.exists():
            return False, None
        with installation.cmdb.reading() as view:
            known = registered_copy(view, installation.server_public(), place.inspected, place.address)
        if known is None:
            return False, None
        try:
            with signed_changes(installation, secrets, "recording a drill", goes_on=True) as changes:
                return record_proof(installation, source, proof, changes, entry.began, entry), None
        except NskeysError as error:
            return False, error


def record_proof(
    installation: Installation,
    source: OpenSource,
    proof: ProofReport,
    changes: KeyedChanges,
    began: datetime,
    entry: DrillEntry | None = None,
) -> bool:
    """Write into the register, under the lock, that the CMDB's rows were tried with this backup, and the
    diary's line with it. Return False where the register does not know this copy. The proof is dated by its
    beginning, since what was sealed meanwhile was not tried."""
    place, public = source.source, installation.server_public()
    with installation.cmdb.reading() as view:
        # As it is now: it may have been retired or checked while the rows were tried.
        copy = registered_copy(view, public, place.inspected, place.address)
    if copy is None:
        return False
    tried = proven(copy, source, proof, began)
    reached, opened_rows = reached_by(proof, source.facts.kids), proof.opened_with(source.facts.kids)
    event = installation.event(Action.DRILLED, copy.address, reached=reached.value, opened=opened_rows)
    with changes.signed(event) as change:
        record(change, tried, changes.server_key)
        if entry is not None:
            write_line(change, entry, changes.server_key)
    return True


def proven(copy: BackupCopy, source: OpenSource, proof: ProofReport, began: datetime) -> BackupCopy:
    """Return the register row of a backup after its keys were tried on these rows."""
    facts, reached = source.facts, reached_by(proof, source.facts.kids)
    tried = replace(
        copy,
        where=source.source.where,
        drilled_rows=proof.opened_with(facts.kids),
        drilled_upto=proof.upto,
        typed=began if source.typed else copy.typed,
    ).with_proof(reached, began)
    if copy.look_moment > began:  # a later check knows whether it is still there
        return replace(
            tried, status=copy.status, look_moment=copy.look_moment, good_moment=copy.good_moment
        )
    return tried


def require_recordable(installation: Installation) -> None:
    """Raise Locked before a password is asked for, where the result could not be recorded. A disk that
    cannot be written to does not stop the drill: the report says that nothing was recorded. Where there is
    no CMDB, nothing is recorded."""
    if not installation.cmdb.exists():
        return
    if installation.key_store.exists() or not installation.cmdb.outdated():
        with suppress(CannotCreate, NotPermitted):
            require_free(installation, "recording a drill")


def reached_by(proof: ProofReport, kids: Collection[Kid]) -> Proof:
    """Return what the tried rows prove of a backup with these keys, each of which matched its id when the
    file was opened. `credentials_open` needs rows that these keys opened, none of theirs that failed, and
    exactly those that the inventory names; rows of keys that the backup never held do not count."""
    whole = not proof.tampered_under(kids) and all(one.kid not in kids for one in proof.differences)
    opens = proof.opened_with(kids) > 0 and whole
    return Proof.CREDENTIALS_OPEN if opens else Proof.KEYS_MATCH

"""A drill proves a backup without restoring it: restore's proof, and a line in register and diary."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    Cancelled,
    CannotCreate,
    CmdbDamaged,
    CmdbUnreachable,
    DestinationUnreachable,
    FileUnreadable,
    IdentityNotRecipient,
    NotABackup,
    NotPermitted,
    NotSetUp,
    NskeysError,
    PasswordRefused,
    SecretUnavailable,
    SharesDisagree,
    WrongPassword,
)
from nskeys.model.audit import Action
from nskeys.model.diary import NAMED_FAILURES, DrillEnd, DrillEntry
from nskeys.model.keys import Kid
from nskeys.model.plain_text import as_text
from nskeys.model.plans import DiaryFate, DrillReport, FailureReason, ProofReport
from nskeys.model.recovery import BY_ITS_OWN, Unlock
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.services.credentials.verify import prove
from nskeys.services.drill.diary import DiaryService, write_line
from nskeys.services.installation import Installation
from nskeys.services.open_backup import OpenSource, Source, find_source, opened
from nskeys.services.passwords.providers import RecordingSecretProvider
from nskeys.services.register.service import RegisterService
from nskeys.services.register.signed_rows import record, registered_copy
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
            self._could_not_read(address, error)
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
        self._require_free()
        began, recorder = installation.clock.now(), RecordingSecretProvider(secrets)
        try:
            with opened(installation, source, recorder, progress, opening) as open_source:
                proof = self._prove(open_source, progress)
                return self._record(open_source, proof, began, secrets, progress)
        except NskeysError as error:
            end = _end_of(error, recorder.refused)
            if end is not None:
                facts = source.facts
                self._diary.note(
                    replace(
                        self._begun(source.address, began, end),
                        archive_sha256=source.inspected.file_sha256,
                        generation=facts.generation if facts else 0,
                        typed=recorder.typed,
                    )
                )
            raise

    def _require_free(self) -> None:
        """Raise Locked before a password is asked for, where the result could not be recorded. A disk that
        cannot be written to does not stop the drill: the report says that nothing was recorded."""
        if self._installation.key_store.exists() or not self._installation.cmdb.outdated():
            with suppress(CannotCreate, NotPermitted):
                require_free(self._installation, "recording a drill")

    def _could_not_read(self, address: str, error: NskeysError) -> None:
        installation = self._installation
        end = _end_of(error, 0)
        if end is None or not installation.cmdb.exists():
            return
        try:
            destination, name = installation.destinations.source(address)
            full = destination.address_of(name)
            copies = RegisterService(installation).copies(look=False)
        except NskeysError:
            return
        known = next((copy.backup for copy in copies if copy.address == full), None)
        if known is not None:
            entry = self._begun(full, installation.clock.now(), end)
            self._diary.note(
                replace(entry, archive_sha256=known.archive_sha256, generation=known.generation)
            )

    def _begun(self, address: str, began: datetime, end: DrillEnd) -> DrillEntry:
        """Return a diary line that says only who, when and which file."""
        installation = self._installation
        return DrillEntry(
            began=began,
            seconds=max(0, int((installation.clock.now() - began).total_seconds())),
            actor=installation.event(Action.DRILLED, address).actor,
            host=installation.identity.host(),
            address=as_text(address),
            archive_sha256="",
            generation=0,
            end=end,
            reached=None,
            opened=0,
            missing=0,
            tampered=0,
            failures=(),
            typed=False,
        )

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
        reasons = [item.failure for item in proof.failures]
        entry = replace(
            self._begun(source.source.address, began, DrillEnd.PROVEN),
            archive_sha256=source.source.inspected.file_sha256,
            generation=source.facts.generation,
            reached=reached,
            opened=proof.opened,
            missing=reasons.count(FailureReason.KEY_MISSING),
            tampered=reasons.count(FailureReason.TAMPERED) + reasons.count(FailureReason.UNREADABLE),
            failures=tuple(item.credential.reference for item in proof.failures[:NAMED_FAILURES]),
            typed=source.typed,
        )
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
            with signed_changes(installation, secrets, "recording a drill") as changes:
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
    facts, place = source.facts, source.source
    reached, opened_rows = reached_by(proof, facts.kids), proof.opened_with(facts.kids)
    public = installation.server_public()
    with installation.cmdb.reading() as view:
        # As it is now: it may have been retired or checked while the rows were tried.
        copy = registered_copy(view, public, place.inspected, place.address)
    if copy is None:
        return False
    proven = replace(
        copy,
        where=place.where,
        drilled_rows=opened_rows,
        drilled_upto=proof.upto,
        typed=began if source.typed else copy.typed,
    ).with_proof(reached, began)
    if copy.look_moment > began:  # a later check knows whether it is still there
        proven = replace(
            proven, status=copy.status, look_moment=copy.look_moment, good_moment=copy.good_moment
        )
    event = installation.event(Action.DRILLED, copy.address, reached=reached.value, opened=opened_rows)
    with changes.signed(event) as change:
        record(change, proven, changes.server_key)
        if entry is not None:
            write_line(change, entry, changes.server_key)
    return True


def reached_by(proof: ProofReport, kids: Collection[Kid]) -> Proof:
    """Return what the tried rows prove of a backup with these keys, each of which matched its id when the
    file was opened. `credentials_open` needs rows that these keys opened, and none of theirs that failed;
    rows of keys that the backup never held do not count."""
    opens = proof.opened_with(kids) > 0 and not proof.tampered_under(kids)
    return Proof.CREDENTIALS_OPEN if opens else Proof.KEYS_MATCH


def _end_of(error: NskeysError, refused: int) -> DrillEnd | None:
    """Return how a drill ended that this error broke off; None where it was no drill: nobody tried a
    password, or a person stopped it."""
    match error:
        case WrongPassword() | SharesDisagree():
            return DrillEnd.WRONG_PASSWORD
        case IdentityNotRecipient():
            return DrillEnd.OTHER_IDENTITY
        case Cancelled() | PasswordRefused() | SecretUnavailable():
            return DrillEnd.WRONG_PASSWORD if refused else None
        case BackupDamaged() | NotABackup():
            return DrillEnd.DAMAGED
        case BackupForged():
            return DrillEnd.FORGED
        case FileUnreadable(problem="missing"):
            return DrillEnd.MISSING
        case FileUnreadable() | DestinationUnreachable():
            return DrillEnd.UNREACHABLE
        case CmdbDamaged() | CmdbUnreachable():
            return DrillEnd.BROKEN_OFF
        case _:
            return None

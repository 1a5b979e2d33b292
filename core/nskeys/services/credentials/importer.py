"""Importing another program's export: plan, then everything in one transaction or nothing at all."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from nskeys.archive.age.header import FAMILY
from nskeys.crypto.sealing import Sealer
from nskeys.errors import ImportRefused, ImportUnreadable, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, SealedCredential
from nskeys.model.imports import (
    CsvPreview,
    ExportFolder,
    ImportedCredential,
    ImportFormat,
    ImportPlan,
    ImportReport,
    ImportWishes,
    ParsedExport,
    Reading,
)
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import BY_ITS_OWN, Unlock
from nskeys.ports import (
    CmdbChange,
    ImportPreview,
    ImportReader,
    Progress,
    Purpose,
    SecretProvider,
    SecretRequest,
    SilentProgress,
    Stage,
)
from nskeys.reasons import ImportProblem, Operation
from nskeys.services.credentials.already_here import AlreadyHere, EarlierNames
from nskeys.services.credentials.export import open_export
from nskeys.services.credentials.import_plan import ImportPlanner, PreparedImport, TakenNames, fingerprint
from nskeys.services.credentials.old_seals import OldSeals
from nskeys.services.installation import Installation, sealing_key
from nskeys.services.passwords.new_password import ask_until_it_opens
from nskeys.services.settling import unlocked
from nskeys.services.transaction import KeyedChanges, signed_changes, unsigned_changes

T = TypeVar("T")

_OPERATION = Operation.IMPORT
_NO_WISHES = ImportWishes()
_ID_SIZE = 16
_BATCH = 2_000
"""Rows between two looks at whether a person wants to stop: a tenth of a second."""


class ImportService:
    """Plans an import from the bytes of a file, and carries it out."""

    def __init__(self, installation: Installation, reader: ImportReader, preview: ImportPreview) -> None:
        self._installation = installation
        self._reader = reader
        self._preview = preview

    def preview(self, source: str, data: bytes | ExportFolder, reading: Reading) -> CsvPreview:
        """Return the first rows of a CSV. Raises ImportUnreadable."""
        if isinstance(data, ExportFolder):
            raise ImportUnreadable(source, ImportProblem.NOT_A_TREE)
        return self._preview(source, data, reading)

    def plan(
        self,
        source: str,
        data: bytes | ExportFolder,
        secrets: SecretProvider,
        wishes: ImportWishes = _NO_WISHES,
        opening: Unlock = BY_ITS_OWN,
    ) -> PreparedImport:
        """Return what an import of `data` would do. `source` names it for people. Asks for what opens an
        encrypted export, and for the keys where rows may be here already; `opening` names an identity file
        for an age file to recipients. Bad rows are in the plan,
        whatever `skip_bad` says. Raises ImportUnreadable, WrongPassword."""
        installation = self._installation
        installation.require()

        encrypted = False
        if not isinstance(data, ExportFolder) and data.startswith(FAMILY):
            data, encrypted = open_export(source, data, secrets, opening), True

        def unlock(purpose: Purpose, opens: Callable[[SecretBytes], T]) -> T:
            nonlocal encrypted
            encrypted = True
            return ask_until_it_opens(SecretRequest(purpose, source), secrets, opens)

        with _no_collecting():
            parsed = self._reader(source, data, wishes.reading, unlock)
            # A tree of `pass` asks for nothing where its agent has the key.
            parsed = replace(parsed, encrypted=encrypted or parsed.format is ImportFormat.PASS)
            return self._planned(source, parsed, secrets, wishes)

    def _planned(
        self, source: str, parsed: ParsedExport, secrets: SecretProvider, wishes: ImportWishes
    ) -> PreparedImport:
        installation = self._installation
        cmdb_id = installation.cmdb.cmdb_id()
        with installation.cmdb.reading() as view:
            names = view.names()
        taken = TakenNames(names, cmdb_id)
        earlier = EarlierNames(names, taken)
        del names
        with parsed.rows:
            planner = ImportPlanner(source, parsed, wishes, taken)
            if not planner.may_be_here(earlier):
                return planner.prepared()
            with unlocked(installation, secrets) as keys, installation.cmdb.reading() as view:
                here = AlreadyHere(view, keys, cmdb_id)
                return planner.prepared(here, planner.compare(here, earlier))

    def remembered_names(self) -> tuple[str, ...]:
        """Return the names under which columns were remembered."""
        return tuple(name for name, _ in self._installation.settings.read().columns)

    def remembered(self, name: str) -> Reading:
        """Return the columns that were remembered under a name. Raises ImportUnreadable
        (`not_remembered`)."""
        found = dict(self._installation.settings.read().columns).get(name)
        if found is None:
            raise ImportUnreadable(name, ImportProblem.NOT_REMEMBERED)
        return found

    def remember(self, name: str, reading: Reading) -> None:
        """Remember columns under a name, in place of those that it stood for."""
        installation = self._installation
        with unsigned_changes(installation, "remembering columns"):
            settings = installation.settings.read()
            columns = {**dict(settings.columns), name: reading}
            installation.settings.write(replace(settings, columns=tuple(columns.items())))

    def execute(
        self, prepared: PreparedImport, secrets: SecretProvider, progress: Progress | None = None
    ) -> ImportReport:
        """Import what the plan shows; cancelled or broken off, nothing is imported. Raises ImportRefused
        where the plan has bad rows and may not skip them, PlanOutdated where the CMDB's names are no longer
        those that the plan saw."""
        plan = prepared.plan
        if plan.bad and not prepared.skip_bad:
            raise ImportRefused(plan.source, plan.bad)
        total, rows = len(plan.credentials), prepared.rows()
        if total:
            self._installation.require()
            with (
                signed_changes(self._installation, secrets, "importing credentials") as changes,
                _no_collecting(),
            ):
                self._import(plan, rows, changes, progress or SilentProgress())
        return ImportReport(
            total,
            plan.bad,
            _renamed(plan),
            plan.dropped,
            plan.left_out,
            len(plan.present),
            plan.counts.updated,
            plan.encrypted,
        )

    def _import(
        self,
        plan: ImportPlan,
        rows: Iterator[tuple[ImportedCredential, SecretBytes]],
        changes: KeyedChanges,
        progress: Progress,
    ) -> None:
        installation = self._installation
        cmdb_id, total = installation.cmdb.cmdb_id(), len(plan.credentials)
        updated = plan.counts.updated
        event = installation.event(
            Action.CREDENTIALS_IMPORTED,
            # The file's name may hold bytes that are no text; the audit trail is text.
            plan.source.encode("utf-8", "replace").decode("utf-8"),
            format=plan.format.value,
            imported=total,
            skipped=len(plan.bad),
            renamed=plan.counts.renamed,
            **({"updated": updated} if updated else {}),
        )
        progress.stage(Stage.IMPORTING, total)
        with changes.signed(event) as change:
            if fingerprint(change.names(), cmdb_id) != plan.fingerprint:
                raise PlanOutdated(_OPERATION)
            active = sealing_key(installation, change, total)
            with changes.keys.key(active.kid) as material:
                sealer = Sealer(cmdb_id, active.kid, material)
            seals = OldSeals(change, changes.keys)
            ids = _ids(total - updated)
            # Inside the transaction: stopping here rolls all of it back.
            progress.checkpoint()
            while batch := list(islice(rows, _BATCH)):
                try:
                    new = list[SealedCredential]()
                    for planned, secret in batch:
                        if not planned.replaces:
                            new.append(_sealed(change, sealer, next(ids), planned, secret, event.moment))
                            continue
                        before = _to_replace(change, planned)
                        seals.require(before)
                        change.replace([_replaced(change, sealer, before, planned, secret, event.moment)])
                    change.add(new)
                finally:
                    for _, secret in batch:
                        secret.wipe()
                progress.advance(len(batch))
                progress.checkpoint()


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Do without the collector of reference cycles while many rows are made: it walks all of them again and
    again, and they have no cycles."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _ids(count: int) -> Iterator[str]:
    """Yield so many random ids in ascending order: the database's trees then grow at their end. Which
    credential gets which says nothing but in which order they were imported.

    Their first bytes are drawn at once and the others when they are needed, so that few are held.
    """
    firsts = Counter(os.urandom(count))
    for first in sorted(firsts):
        size = _ID_SIZE - 1
        drawn = os.urandom(size * firsts[first])
        for rest in sorted(drawn[at : at + size] for at in range(0, len(drawn), size)):
            yield f"{first:02x}{rest.hex()}"


def _sealed(
    change: CmdbChange,
    sealer: Sealer,
    identity: str,
    planned: ImportedCredential,
    secret: SecretBytes,
    moment: datetime,
) -> SealedCredential:
    credential = Credential(identity, planned.fields, sealer.kid, moment, moment, change.number)
    return sealer.seal(credential, secret)


def _to_replace(change: CmdbChange, planned: ImportedCredential) -> SealedCredential:
    """Return the credential that a row changes. Raises PlanOutdated where it is not as the plan saw it."""
    stored = change.credential(planned.replaces)
    if stored is None:
        raise PlanOutdated(_OPERATION)
    now = stored.credential
    if (now.fields.name, now.number) != (planned.fields.name, planned.seen):
        raise PlanOutdated(_OPERATION)
    return stored


def _replaced(
    change: CmdbChange,
    sealer: Sealer,
    stored: SealedCredential,
    planned: ImportedCredential,
    secret: SecretBytes,
    moment: datetime,
) -> SealedCredential:
    """Return the credential that a row changes, sealed anew."""
    changed = replace(
        stored.credential, fields=planned.fields, kid=sealer.kid, updated=moment, number=change.number
    )
    return sealer.seal(changed, secret)


def _renamed(plan: ImportPlan) -> tuple[tuple[str, str], ...]:
    if not plan.counts.renamed:
        return ()
    return tuple((item.renamed_from, item.fields.name) for item in plan.credentials if item.renamed_from)

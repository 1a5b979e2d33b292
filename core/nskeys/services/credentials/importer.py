"""Importing another program's export: plan, then everything in one transaction or nothing at all."""

import gc
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from nskeys.archive.age.header import FAMILY
from nskeys.crypto.sealing import Sealer
from nskeys.errors import BadRow, FieldInvalid, ImportRefused, ImportUnreadable, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, SealedCredential
from nskeys.model.imports import (
    CsvPreview,
    ExportFolder,
    ExportRow,
    ImportedCredential,
    ImportFormat,
    ImportPlan,
    ImportReport,
    ImportWishes,
    ParsedExport,
    Reading,
    bad_row,
)
from nskeys.model.recovery import BY_ITS_OWN, Unlock
from nskeys.model.secret import SecretBytes, Wipeable
from nskeys.model.signed_json import canonical_json
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
from nskeys.reasons import FieldProblem, ImportProblem, Operation
from nskeys.services.credentials.already_here import AlreadyHere, TakenNames
from nskeys.services.credentials.export import open_export
from nskeys.services.credentials.import_rules import Names, PlannedRow, named, plan_row, replacing
from nskeys.services.credentials.old_seals import OldSeals
from nskeys.services.credentials.target_secrets import secret_in_target
from nskeys.services.installation import Installation, sealing_key
from nskeys.services.passwords.new_password import ask_until_it_opens
from nskeys.services.settling import unlocked
from nskeys.services.transaction import KeyedChanges, signed_changes, unsigned_changes

T = TypeVar("T")

_OPERATION = Operation.IMPORT
_NO_WISHES = ImportWishes()
_BATCH = 2_000
"""Rows between two looks at whether a person wants to stop: a tenth of a second."""


class PreparedImport(Wipeable):
    """A plan for showing, and the secrets that it will seal. Wiped when its `with` block ends."""

    def __init__(self, plan: ImportPlan, skip_bad: bool, secrets: list[SecretBytes]) -> None:
        self.plan = plan
        self.skip_bad = skip_bad
        self._secrets = secrets

    def rows(self) -> list[tuple[ImportedCredential, SecretBytes]]:
        """Return each credential with its secret. Raises PlanOutdated once they were wiped: a wiped secret
        is empty, and an empty password would be taken as valid."""
        if len(self._secrets) != len(self.plan.credentials):
            raise PlanOutdated(_OPERATION)
        return list(zip(self.plan.credentials, self._secrets, strict=True))

    def wipe(self) -> None:
        while self._secrets:
            self._secrets.pop().wipe()


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

        if not isinstance(data, ExportFolder) and data.startswith(FAMILY):
            data = open_export(source, data, secrets, opening)

        def unlock(purpose: Purpose, opens: Callable[[SecretBytes], T]) -> T:
            return ask_until_it_opens(SecretRequest(purpose, source), secrets, opens)

        with _no_collecting():
            return self._planned(
                source, self._reader(source, data, wishes.reading, unlock), secrets, wishes
            )

    def _planned(
        self, source: str, parsed: ParsedExport, secrets: SecretProvider, wishes: ImportWishes
    ) -> PreparedImport:
        installation = self._installation
        cmdb_id = installation.cmdb.cmdb_id()
        with installation.cmdb.reading() as view:
            taken = view.names()
        draft = sort_out(parsed, wishes)
        here = AlreadyHere([planned for _, planned in draft.rows], TakenNames(taken))
        if here:
            with unlocked(installation, secrets) as keys, installation.cmdb.reading() as view:
                here.open(view, keys, cmdb_id)
        return prepare(source, draft, here, Names(taken), wishes, _fingerprint(taken, cmdb_id))

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
        rows = prepared.rows()
        if rows:
            self._installation.require()
            with (
                signed_changes(self._installation, secrets, "importing credentials") as changes,
                _no_collecting(),
            ):
                self._import(plan, rows, changes, progress or SilentProgress())
        return ImportReport(
            len(rows),
            plan.bad,
            _renamed(plan),
            plan.dropped,
            plan.left_out,
            len(plan.present),
            _updated(plan),
        )

    def _import(
        self,
        plan: ImportPlan,
        rows: Sequence[tuple[ImportedCredential, SecretBytes]],
        changes: KeyedChanges,
        progress: Progress,
    ) -> None:
        installation = self._installation
        cmdb_id = installation.cmdb.cmdb_id()
        event = installation.event(
            Action.CREDENTIALS_IMPORTED,
            # The file's name may hold bytes that are no text; the audit trail is text.
            plan.source.encode("utf-8", "replace").decode("utf-8"),
            format=plan.format.value,
            imported=len(rows),
            skipped=len(plan.bad),
            renamed=len(_renamed(plan)),
            **({"updated": _updated(plan)} if _updated(plan) else {}),
        )
        progress.stage(Stage.IMPORTING, len(rows))
        with changes.signed(event) as change:
            if _fingerprint(change.names(), cmdb_id) != plan.fingerprint:
                raise PlanOutdated(_OPERATION)
            active = sealing_key(installation, change, len(rows))
            with changes.keys.key(active.kid) as material:
                sealer = Sealer(cmdb_id, active.kid, material)
            seals = OldSeals(change, changes.keys)
            ids = _ids(rows)
            for start in range(0, len(rows), _BATCH):
                # Inside the transaction: stopping here rolls all of it back.
                progress.checkpoint()
                batch = rows[start : start + _BATCH]
                change.add(
                    [
                        _sealed(change, sealer, next(ids), planned, secret, event.moment)
                        for planned, secret in batch
                        if planned.replaces is None
                    ]
                )
                for planned, secret in batch:
                    if planned.replaces is not None:
                        before = _to_replace(change, planned)
                        seals.require(before)
                        change.replace([_replaced(change, sealer, before, planned, secret, event.moment)])
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


@dataclass(frozen=True, slots=True)
class Draft:
    """An export's rows, sorted by what they say of themselves."""

    parsed: ParsedExport
    rows: list[tuple[ExportRow, PlannedRow]]
    left_out: list[BadRow]
    bad: list[BadRow]


def sort_out(parsed: ParsedExport, wishes: ImportWishes) -> Draft:
    """Return rows that can be taken, that are left out, and that are bad. Pure, but for the secrets of
    the latter two, which are wiped."""
    literal = parsed.format is ImportFormat.NSKEYS_JSON
    draft = Draft(parsed, [], [], list(parsed.bad))
    for row in parsed.rows:
        if row.deleted.value is not None and not wishes.with_deleted:
            draft.left_out.append(_not_taken(row, "group", row.deleted.value))
        elif not (literal or wishes.empty_secrets or row.secret or secret_in_target(row.url)):
            draft.left_out.append(_not_taken(row, "secret", FieldProblem.NO_SECRET))
        else:
            try:
                draft.rows.append((row, plan_row(row, wishes.kind, literal)))
            except FieldInvalid as error:
                draft.bad.append(_not_taken(row, error.field, error.problem))
    draft.bad.sort(key=lambda item: item.row)
    return draft


def prepare(
    source: str,
    draft: Draft,
    here: AlreadyHere,
    names: Names,
    wishes: ImportWishes,
    fingerprint: str,
) -> PreparedImport:
    """Return the plan, in the export's order. What is here already claims its credential before what is
    changed does: of two rows of one name, the second may be the one that is here."""
    rows = draft.rows if here else ()
    same = {row.row: found for row, planned in rows if (found := here.same(planned)) is not None}
    taken: list[ImportedCredential] = []
    secrets: list[SecretBytes] = []
    present: list[ImportedCredential] = []
    left_out = list(draft.left_out)
    for row, planned in draft.rows:
        if (found := same.get(row.row)) is not None:
            planned.secret.wipe()
            present.append(replacing(row, planned, found))
        elif (found := here.changed(planned) if here else None) is not None and not wishes.update:
            planned.secret.wipe()
            left_out.append(bad_row(row.row, row.title, "row", FieldProblem.CHANGED))
        else:
            taken.append(named(row, planned, names) if found is None else replacing(row, planned, found))
            secrets.append(planned.secret)
    left_out.sort(key=lambda item: item.row)
    parsed = draft.parsed
    plan = ImportPlan(
        source,
        parsed.format,
        tuple(taken),
        tuple(draft.bad),
        parsed.dropped,
        fingerprint,
        tuple(present),
        tuple(left_out),
        parsed.encoding,
        parsed.delimiter,
    )
    return PreparedImport(plan, wishes.skip_bad, secrets)


def _not_taken(row: ExportRow, field: str, problem: FieldProblem) -> BadRow:
    row.secret.wipe()
    return bad_row(row.row, row.title, field, problem)


def _ids(rows: Sequence[tuple[ImportedCredential, SecretBytes]]) -> Iterator[str]:
    """Yield an id for each new credential, in ascending order: the database's trees then grow at their
    end. Which credential gets which says nothing but in which order they were imported."""
    new = sum(planned.replaces is None for planned, _ in rows)
    drawn = os.urandom(16 * new)
    for one in sorted(drawn[start : start + 16] for start in range(0, 16 * new, 16)):
        yield one.hex()


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
    seen = planned.replaces
    stored = None if seen is None else change.credential(seen.credential_id)
    if seen is None or stored is None:
        raise PlanOutdated(_OPERATION)
    now = stored.credential
    if (now.fields, now.updated, now.number) != (seen.fields, seen.updated, seen.number):
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


def _updated(plan: ImportPlan) -> int:
    return sum(item.replaces is not None for item in plan.credentials)


def _renamed(plan: ImportPlan) -> tuple[tuple[str, str], ...]:
    return tuple((item.renamed_from, item.fields.name) for item in plan.credentials if item.renamed_from)


def _fingerprint(taken: Iterable[tuple[str, str]], cmdb_id: str) -> str:
    """Return what a plan depends on: which names are taken, in which CMDB."""
    return hashlib.sha256(canonical_json([cmdb_id, sorted(taken)])).hexdigest()

"""Importing another program's export: plan, then everything in one transaction or nothing at all."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime

from nskeys.crypto.sealing import Sealer
from nskeys.errors import FieldInvalid, ImportRefused, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, CredentialKind, SealedCredential
from nskeys.model.imports import (
    ImportedCredential,
    ImportFormat,
    ImportPlan,
    ImportReport,
    ParsedExport,
    bad_row,
)
from nskeys.model.secret import SecretBytes, Wipeable
from nskeys.model.signed_json import canonical_json
from nskeys.ports import (
    ImportReader,
    Progress,
    SecretProvider,
    SilentProgress,
    Stage,
)
from nskeys.reasons import Operation
from nskeys.services.credentials.import_rules import Names, plan_row
from nskeys.services.installation import Installation, sealing_key
from nskeys.services.transaction import KeyedChanges, signed_changes

_OPERATION = Operation.IMPORT
_BATCH = 2_000
"""Rows between two looks at whether a person wants to stop: a tenth of a second."""


class PreparedImport(Wipeable):
    """A plan for showing, and the secrets that it will seal. Wiped when its `with` block ends."""

    def __init__(self, plan: ImportPlan, skip_bad: bool, secrets: list[SecretBytes]) -> None:
        self.plan = plan
        self.skip_bad = skip_bad
        self._secrets = secrets

    def rows(self) -> list[tuple[ImportedCredential, SecretBytes]]:
        """Each credential with its secret. PlanOutdated once they were wiped: what is left of a
        wiped secret is an empty one, and an empty password is a valid password."""
        if len(self._secrets) != len(self.plan.credentials):
            raise PlanOutdated(_OPERATION)
        return list(zip(self.plan.credentials, self._secrets, strict=True))

    def wipe(self) -> None:
        """Forget every secret."""
        while self._secrets:
            self._secrets.pop().wipe()


class ImportService:
    """Plans an import from the bytes of a file, and carries it out."""

    def __init__(self, installation: Installation, reader: ImportReader) -> None:
        self._installation = installation
        self._reader = reader

    def plan(
        self, source: str, data: bytes, kind: CredentialKind | None = None, skip_bad: bool = False
    ) -> PreparedImport:
        """What an import of `data` would do; ImportUnreadable. `source` names it for people, `kind`
        overrides the rule that chooses kinds. Bad rows are in the plan, whatever `skip_bad` says."""
        self._installation.require()
        parsed = self._reader(source, data)
        with self._installation.cmdb.reading() as view:
            taken = view.names()
            seen = _fingerprint(taken, self._installation.cmdb.cmdb_id())
        return prepare(source, parsed, Names(taken), kind, skip_bad, seen)

    def execute(
        self, prepared: PreparedImport, secrets: SecretProvider, progress: Progress | None = None
    ) -> ImportReport:
        """Import what the plan shows. ImportRefused where it has bad rows and may not skip them;
        PlanOutdated where the CMDB's names are no longer those that the plan saw. Cancelled or
        broken off, it leaves nothing."""
        plan = prepared.plan
        if plan.bad and not prepared.skip_bad:
            raise ImportRefused(plan.source, plan.bad)
        rows = prepared.rows()
        if rows:
            self._installation.require()
            with signed_changes(self._installation, secrets, "importing credentials") as changes:
                self._import(plan, rows, changes, progress or SilentProgress())
        return ImportReport(len(rows), plan.bad, _renamed(plan), plan.dropped)

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
        )
        progress.stage(Stage.IMPORTING, len(rows))
        with changes.signed(event) as change:
            if _fingerprint(change.names(), cmdb_id) != plan.fingerprint:
                raise PlanOutdated(_OPERATION)
            active = sealing_key(installation, change, len(rows))
            with changes.keys.key(active.kid) as material:
                sealer = Sealer(cmdb_id, active.kid, material)
            for start in range(0, len(rows), _BATCH):
                # Inside the transaction: stopping here rolls all of it back.
                progress.checkpoint()
                batch = rows[start : start + _BATCH]
                change.add([_sealed(sealer, planned, secret, event.moment) for planned, secret in batch])
                progress.advance(len(batch))
            progress.checkpoint()


def prepare(
    source: str,
    parsed: ParsedExport,
    names: Names,
    kind: CredentialKind | None,
    skip_bad: bool,
    fingerprint: str,
) -> PreparedImport:
    """The plan for an export that was read, in the export's order. Pure, but for the secrets of bad
    rows, which are wiped."""
    literal = parsed.format is ImportFormat.NSKEYS_JSON
    planned: list[ImportedCredential] = []
    secrets: list[SecretBytes] = []
    bad = list(parsed.bad)
    for row in parsed.rows:
        try:
            planned.append(plan_row(row, kind, names, literal))
            secrets.append(row.secret)
        except FieldInvalid as error:
            row.secret.wipe()
            bad.append(bad_row(row.row, row.title, error.field, error.problem))
    bad.sort(key=lambda item: item.row)
    plan = ImportPlan(source, parsed.format, tuple(planned), tuple(bad), parsed.dropped, fingerprint)
    return PreparedImport(plan, skip_bad, secrets)


def _sealed(
    sealer: Sealer, planned: ImportedCredential, secret: SecretBytes, moment: datetime
) -> SealedCredential:
    identity = os.urandom(16).hex()
    credential = Credential(identity, planned.fields, sealer.kid, moment, moment, moment)
    return SealedCredential(credential, sealer.seal(identity, planned.fields, secret))


def _renamed(plan: ImportPlan) -> tuple[tuple[str, str], ...]:
    return tuple((item.renamed_from, item.fields.name) for item in plan.credentials if item.renamed_from)


def _fingerprint(taken: Iterable[tuple[str, str]], cmdb_id: str) -> str:
    """What a plan depends on: which names are taken, in which CMDB."""
    return hashlib.sha256(canonical_json([cmdb_id, sorted(taken)])).hexdigest()

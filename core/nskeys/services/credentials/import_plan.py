"""What an import would do: the rows of an export, judged, named and compared with what is here.

The rows are gone through as often as something is to be known of all of them, and none is held but packed:
its secret is wiped as soon as it was looked at.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from nskeys.errors import BadRow, FieldInvalid, PlanOutdated
from nskeys.model.credentials import CredentialFields, CredentialKind
from nskeys.model.imports import (
    LEFT_OUT,
    ExportRow,
    ImportCounts,
    ImportedCredential,
    ImportFormat,
    ImportPlan,
    ImportWishes,
    ParsedExport,
    bad_row,
)
from nskeys.model.packed import Packed, PackedSecrets
from nskeys.model.secret import SecretBytes, Wipeable
from nskeys.reasons import FieldProblem, Operation
from nskeys.services.credentials.already_here import AlreadyHere, EarlierNames
from nskeys.services.credentials.import_rules import Names, PlannedRow, named, plan_row, replacing
from nskeys.services.credentials.target_secrets import secret_in_target


class PreparedImport(Wipeable):
    """A plan for showing, and the secrets that it will seal. Wiped when its `with` block ends."""

    def __init__(self, plan: ImportPlan, skip_bad: bool, secrets: PackedSecrets) -> None:
        self.plan = plan
        self.skip_bad = skip_bad
        self._secrets = secrets

    def rows(self) -> Iterator[tuple[ImportedCredential, SecretBytes]]:
        """Return each credential with a copy of its secret, for the caller to wipe. Raises PlanOutdated
        once they were wiped: a wiped secret is empty, and an empty password would be taken as valid."""
        if len(self._secrets) != len(self.plan.credentials):
            raise PlanOutdated(Operation.IMPORT)
        return zip(self.plan.credentials, self._secrets, strict=True)

    def wipe(self) -> None:
        self._secrets.wipe()


class TakenNames:
    """The names of a CMDB, of each kind, by their hashes of 64 bits. Of 100,000 rows beside 100,000 names,
    once in 10^9 imports, one is wrongly thought to be taken, and gets a number."""

    def __init__(self, names: Iterable[tuple[str, str]], cmdb_id: str) -> None:
        self._hashes = set(map(hash, names))
        self.fingerprint = fingerprint(names, cmdb_id)

    def __contains__(self, name: object) -> bool:
        return hash(name) in self._hashes

    def __bool__(self) -> bool:
        return bool(self._hashes)


def fingerprint(names: Iterable[tuple[str, str]], cmdb_id: str) -> str:
    """Return what a plan depends on: which names are taken, in which CMDB. Their order does not matter."""
    found = sum(
        int.from_bytes(hashlib.sha256(f"{cmdb_id}/{kind}/{name}".encode("utf-8", "replace")).digest())
        for kind, name in names
    )
    return f"{found:x}"


class ImportPlanner:
    """Plans one import. Pure, but for the secrets, which it wipes."""

    def __init__(self, source: str, parsed: ParsedExport, wishes: ImportWishes, taken: TakenNames) -> None:
        self._source = source
        self._parsed = parsed
        self._wishes = wishes
        self._taken = taken
        self._literal = parsed.format is ImportFormat.NSKEYS_JSON

    def may_be_here(self, names: EarlierNames) -> bool:
        """Return whether a row has a name that an earlier import may have given it."""
        return bool(self._taken) and any(True for _, row in self._good() for _ in names.of(row))

    def compare(self, here: AlreadyHere, names: EarlierNames) -> bytearray:
        """Return for each row that can be taken whether it is here already. What is here claims its
        credential before what is changed does: of two rows of one name, the second may be the one that is
        here."""
        here.open((row for _, row in self._good()), names)
        present = bytearray(here.same(row) for _, row in self._good())
        here.forget_secrets()
        return present

    def prepared(self, here: AlreadyHere | None = None, is_here: Iterable[int] = ()) -> PreparedImport:
        """Return the plan, in the export's order; `is_here` is what `compare` returned."""
        wishes, names, seen = self._wishes, Names(self._taken), iter(is_here)
        bad, left_out, present = list(self._parsed.bad), list[BadRow](), array("L")
        taken, secrets = Packed[ImportedCredential](_imported), PackedSecrets()
        kinds: Counter[CredentialKind] = Counter()
        renamed = updated = 0
        try:
            for row, planned in self._judged():
                if isinstance(planned, BadRow):
                    (left_out if planned.problem in LEFT_OUT else bad).append(planned)
                    continue
                if next(seen, 0):
                    present.append(row.row)
                    continue
                found = here.changed(planned) if here else None
                if found is not None and not wishes.update:
                    left_out.append(bad_row(row.row, row.title, "row", FieldProblem.CHANGED))
                    continue
                one = named(row, planned, names) if found is None else replacing(row, planned, found)
                kinds[one.fields.kind] += 1
                renamed += bool(one.renamed_from)
                updated += bool(one.replaces)
                taken.append(*_values(one))
                secrets.append(planned.secret.copy())
        except BaseException:
            secrets.wipe()
            raise
        bad.sort(key=lambda item: item.row)
        left_out.sort(key=lambda item: item.row)
        parsed = self._parsed
        plan = ImportPlan(
            self._source,
            parsed.format,
            taken,
            tuple(bad),
            parsed.dropped,
            self._taken.fingerprint,
            present,
            tuple(left_out),
            parsed.encoding,
            parsed.delimiter,
            ImportCounts(kinds, renamed, updated),
            parsed.encrypted,
        )
        return PreparedImport(plan, wishes.skip_bad, secrets)

    def _good(self) -> Iterator[tuple[ExportRow, PlannedRow]]:
        return ((row, planned) for row, planned in self._judged() if not isinstance(planned, BadRow))

    def _judged(self) -> Iterator[tuple[ExportRow, PlannedRow | BadRow]]:
        """Yield each row with what it says of itself; its secrets are wiped when the next one is asked
        for."""
        for row in self._parsed.rows:
            with row.secret:
                planned = self._judge(row)
                try:
                    yield row, planned
                finally:
                    if not isinstance(planned, BadRow):
                        planned.secret.wipe()

    def _judge(self, row: ExportRow) -> PlannedRow | BadRow:
        wishes = self._wishes
        if row.deleted.value is not None and not wishes.with_deleted:
            return bad_row(row.row, row.title, "group", row.deleted.value)
        if not (self._literal or wishes.empty_secrets or row.secret or secret_in_target(row.url)):
            return bad_row(row.row, row.title, "secret", FieldProblem.NO_SECRET)
        try:
            return plan_row(row, wishes.kind, self._literal)
        except FieldInvalid as error:
            return bad_row(row.row, row.title, error.field, error.problem)


def _values(one: ImportedCredential) -> tuple[int | str | bool, ...]:
    fields = one.fields
    return (
        one.row,
        fields.kind.value,
        fields.name,
        fields.target,
        fields.account,
        fields.note,
        one.renamed_from,
        one.kind_rule,
        one.group,
        one.kind_word,
        one.moved,
        one.replaces,
        one.seen,
    )


def _imported(row: int, kind: str, name: str, target: str, account: str, note: str, *rest: Any) -> Any:
    fields = CredentialFields(CredentialKind(kind), name, target, account, note)
    return ImportedCredential(row, fields, *rest)

"""A register row of somebody else's database backup as text: the RFC 8785 JSON that the server key signs.

It differs from the other rows in its first member, `checks`; all stand in one table.
"""

from nskeys.model.database_register_json import state_from_json, state_to_json
from nskeys.model.declared_backups import CHECKS_KEPT, BackupCheck, DeclaredBackup
from nskeys.model.register import Proof
from nskeys.model.register_json import TEXT_LIMIT
from nskeys.model.signed_json import Fields, Json, canonical_json, parse
from nskeys.model.times import to_rfc3339


def is_declared_row(body: str) -> bool:
    """Return whether a row is a declaration, readable or not: members are in the order of their names."""
    return body.startswith('{"checks":')


def to_text(backup: DeclaredBackup) -> str:
    """Return a row in its canonical form."""
    value: dict[str, Json] = {
        "checks": [_check(check) for check in backup.checks],
        "declared": to_rfc3339(backup.declared),
        "text": backup.text,
        "withdrawn": None if backup.withdrawn is None else to_rfc3339(backup.withdrawn),
    }
    return canonical_json(value).decode("utf-8")


def from_text(body: str) -> DeclaredBackup:
    """Return the row that `to_text` wrote, as unsigned. Raises ValueError for any other text."""
    fields = Fields(parse(body.encode("utf-8"), TEXT_LIMIT))
    backup = DeclaredBackup(
        text=fields.text("text"),
        declared=fields.moment("declared"),
        checks=tuple(_read_check(Fields(item)) for item in fields.items("checks", CHECKS_KEPT)),
        withdrawn=None if fields.is_null("withdrawn") else fields.moment("withdrawn"),
    )
    fields.done()
    return backup


def _check(check: BackupCheck) -> Json:
    return {
        "moment": to_rfc3339(check.moment),
        "proof": check.proof.value,
        "source": check.source,
        "state": state_to_json(check.state),
    }


def _read_check(fields: Fields) -> BackupCheck:
    check = BackupCheck(
        state=state_from_json(fields.fields("state"), ""),
        moment=fields.moment("moment"),
        proof=fields.token("proof", Proof),
        source=fields.text("source"),
    )
    fields.done()
    return check

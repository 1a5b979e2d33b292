"""When a database that was restored from somebody else's backup proves nothing, or is none."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import AlreadyDeclared, NotDeclared, OtherDatabaseUnreachable, ProvesNothing
from nskeys.reasons import NoProof
from nskeys.wording.declared_backups import listed_texts, quoted
from nskeys.wording.errors.database import REASONS
from nskeys.wording.problems import problem_text
from nskeys.wording.text.sentence import Row, Table, alike, capitalised
from nskeys.wording.text.terminal import safe, shown

_RESTORE_IT = "Restore a database from the backup to a place of its own, and name that."
_NEWER_BACKUP = "Name a database that was restored from a newer backup."
_NOTHING: Mapping[NoProof, tuple[str, ...]] = MappingProxyType(
    {
        NoProof.SAME_FILE: ("it is the CMDB itself, and no backup of it", _RESTORE_IT),
        NoProof.LEFT: ("it is what the last move of the CMDB left, and no backup of it", _RESTORE_IT),
        NoProof.SHOWS_THE_CHANGE: (
            "it has change {}, which this check made only just now: it is the CMDB itself, or follows it",
            f"{_RESTORE_IT.removesuffix('.')}; a replica repeats what is deleted.",
        ),
        NoProof.IN_RECOVERY: (
            "its server is in recovery: a standby follows its primary, and is no backup",
            "Let the restored server end its recovery and take changes of its own, then name it.",
        ),
        NoProof.SUBSCRIBES: (
            "its tables follow another database by a subscription, so it is no backup",
            _RESTORE_IT,
        ),
        NoProof.EMPTY: (
            "there is no CMDB in it",
            "Check the address; on PostgreSQL the role needs USAGE on the schema and SELECT on its tables.",
        ),
        NoProof.OTHER_CMDB: (
            "it is another CMDB, whose id begins with {}",
            "Name a database of this server.",
        ),
        NoProof.NEWER: (
            "a newer nskeys wrote it (its version, and the one that is known here: {})",
            "Check it with the nskeys that wrote it.",
        ),
        NoProof.ALTERED: (
            "it has what nskeys did not make: {}; nothing of it was used",
            "Find out who made that in the CMDB before the backup, or in the backup, and name another one.",
        ),
        NoProof.DAMAGED: (
            "it is damaged{}",
            "Restore it once more; if it stays so, the backup is no good.",
        ),
        NoProof.NO_CHECKPOINT: ("it has no checkpoint, so nothing vouches for it", _RESTORE_IT),
        NoProof.NOT_SIGNED: (
            "its checkpoint is not signed by this server, nor by one before it",
            "Name a database of this server; if it should be one, find out who changed it.",
        ),
        NoProof.SIGNER_UNKNOWN: (
            "the earlier server key {} signed it, and no archive at hand has its public half",
            "Make an archive of that time reachable, or check a newer database.",
        ),
        NoProof.ABANDONED: (
            "it is of a change that was abandoned and does not count any more",
            _NEWER_BACKUP,
        ),
        NoProof.AHEAD: (
            "it is of change {}, which this CMDB does not have yet",
            "The CMDB went back, or two machines sign with this server's key: see 'nskeys register check'.",
            "The CMDB went back, or two machines sign with this server's key: look at the Register.",
        ),
        NoProof.OTHER_HISTORY: (
            "its audit trail up to change {} is another one than that of this CMDB",
            "The CMDB was put back once, or two machines sign with this server's key: see 'nskeys audit'.",
            "The CMDB was put back once, or two machines sign with this server's key: see the audit trail.",
        ),
        NoProof.UNEXPLAINED: (
            "when it was made something did not fit its checkpoint ({}), and nobody had explained that",
            _NEWER_BACKUP,
        ),
        NoProof.CONTRADICTS: (
            "what is in it is not what its checkpoint says ({})",
            "Somebody changed it, or the backup was made in the middle of a change: restore another one.",
        ),
        NoProof.ROWS_CHANGED: (
            "credentials in it are not what they must be (of the keys {})",
            "Somebody changed them, there or here: 'nskeys verify' says whether they are so here.",
            "Somebody changed them, there or here: opening every credential says whether they are so here.",
        ),
    }
)


def _proves_nothing(error: ProvesNothing) -> Row:
    why, advice, *in_app = _NOTHING[error.reason]
    detail = safe(error.detail)
    if error.reason is NoProof.DAMAGED:
        detail = f", its table {detail}" if detail else ""
    return Row(
        f"The database {shown(error.address)} proves nothing of a backup: {why.replace('{}', detail)}.",
        advice,
        in_app[0] if in_app else advice,
    )


_NAMED = "Check the address, and that the role there may log in and SELECT from every table of nskeys"


def _other_unreachable(error: OtherDatabaseUnreachable) -> Row:
    fallback = f"{{}} cannot be opened{problem_text(error.problem)}"
    words = REASONS.get(error.problem, (fallback,))[0]
    detail = f" ({shown(error.detail)})" if error.detail else ""
    what = words.replace("{}", f"the database {shown(error.address)}")
    return Row(
        f"{capitalised(what)}{detail}.",
        f"{_NAMED}; then run the command again.",
        f"{_NAMED}; then try again.",
    )


def _not_declared(error: NotDeclared) -> Row:
    if not error.known:
        return Row(
            "No database backup of somebody else is declared.",
            "Declare it with 'nskeys database declare TEXT', such as \"pgBackRest to vault02\".",
            "Declare it first, by what people call it.",
        )
    texts = listed_texts(error.known)
    if not error.text:
        return Row(
            f"More than one database backup is declared: {texts}.",
            "Say which one this database was restored from, with '--of TEXT'.",
            "Choose the one that this database was restored from.",
        )
    return alike(f"No database backup {quoted(error.text)} is declared.", f"Declared are: {texts}.")


OTHER_DATABASES: Table = MappingProxyType(
    {
        ProvesNothing: _proves_nothing,
        OtherDatabaseUnreachable: _other_unreachable,
        NotDeclared: _not_declared,
        AlreadyDeclared: lambda error: Row(
            f"The database backup {quoted(error.text)} is declared already.",
            "Check it with 'nskeys database check FILE', or choose another text for another backup.",
            "Check it, or choose another text for another backup.",
        ),
    }
)

"""When the CMDB, or the server that it is on, is not as it must be."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import (
    ChangeWaits,
    CmdbAltered,
    CmdbBusy,
    CmdbDamaged,
    CmdbForbids,
    CmdbFull,
    CmdbNotEmpty,
    CmdbUnreachable,
    MoveRefused,
    MoveWaits,
    NothingToAccept,
)
from nskeys.reasons import AnyProblem, MoveProblem, Problem
from nskeys.wording.mismatches import START_AGAIN, START_AGAIN_BY_KEY, instead_of_accepting, mismatch_line
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count
from nskeys.wording.text.sentence import Row, Table, alike, capitalised, listed
from nskeys.wording.text.terminal import shown

_CHECK = "Check that its file or its server is there, and the 'cmdb' line in config.toml"
_FROM_THERE = "Run the command again: what was committed before is kept, and it goes on from there."
_ON_FROM_THERE = "Try it again: what was committed before is kept, and it goes on from there."
_PRIMARY = (
    "Name the primary in the 'cmdb' line of config.toml, or all servers with commas between them: the one "
    "that takes changes is found."
)
REASONS: Mapping[AnyProblem, tuple[str, ...]] = MappingProxyType(
    {
        Problem.MOVED_AWAY: (
            "{} was moved by another process, and is elsewhere now",
            START_AGAIN,
            START_AGAIN_BY_KEY,
        ),
        Problem.CONNECTION_LOST: ("The connection to {} was lost", _FROM_THERE, _ON_FROM_THERE),
        Problem.OUTCOME_UNKNOWN: (
            "The connection to {} was lost while a change was committed: all of it was made, or nothing",
            "Run 'nskeys status' to see whether it was made, and the command again if it was not.",
            "Look at the first screen to see whether it was made, and do it again if it was not.",
        ),
        Problem.SHUT_DOWN: (
            "The server of {} ended the connection: it stops or starts, or somebody there did it",
            _FROM_THERE,
            _ON_FROM_THERE,
        ),
        Problem.STATEMENT_TIMEOUT: (
            "The server of {} cancelled a statement: its 'statement_timeout' was over, or somebody did it",
            "Raise 'statement_timeout' for the role that nskeys logs in as, and run the command again.",
            "Raise 'statement_timeout' for the role that nskeys logs in as, and try again.",
        ),
        Problem.IDLE_TIMEOUT: (
            "The server of {} ended a session for being idle",
            "Raise 'idle_in_transaction_session_timeout' for this role there, and run the command again.",
            "Raise 'idle_in_transaction_session_timeout' for this role there, and try again.",
        ),
        Problem.TRANSACTION_TIMEOUT: (
            "The server of {} ended a change that took too long",
            "Raise 'transaction_timeout' for the role that nskeys logs in as, and run the command again.",
            "Raise 'transaction_timeout' for the role that nskeys logs in as, and try again.",
        ),
        Problem.STANDBY: ("{} can only be read: its server is a standby or read-only", _PRIMARY),
        Problem.ROLE_FORBIDDEN: (
            "The server of {} does not let this role do that",
            "Let the role that nskeys logs in as own the tables of nskeys, or grant it what it lacks.",
        ),
        Problem.FULL: (
            "The server of {} has no connection free",
            "Try again in a moment; if it stays so, let the server or its pool take more connections.",
        ),
        Problem.UNSAFE_LOGIN: (
            "The login to {} would not be safe, so no password was sent",
            (
                "Let it offer TLS and SCRAM and name its CA in the address ('sslrootcert=FILE'), or say "
                "there what may be weaker ('sslmode=', 'require_auth=')."
            ),
        ),
        Problem.NO_SCHEMA: (
            "The role that nskeys logs in as has no schema in the database of {}",
            "Make one for it there: CREATE SCHEMA AUTHORIZATION role.",
        ),
        Problem.NO_LOCKS: (
            "The file system of {} has no locks, so nothing would keep two programs apart",
            "Move the home to a local disk, or to a share that has POSIX locks.",
        ),
    }
)


def _cmdb_unreachable(error: CmdbUnreachable) -> Row:
    fallback = (
        f"{{}} cannot be opened{problem_text(error.problem)}",
        f"{_CHECK}; then run the command again.",
        f"{_CHECK}; then try again.",
    )
    words, advice, *in_app = REASONS.get(error.problem, fallback)
    by_key = in_app[0] if in_app else advice
    detail = f" ({shown(error.detail)})" if error.detail else ""
    what = words.replace("{}", f"the CMDB {shown(error.cmdb)}")
    return Row(f"{capitalised(what)}{detail}.", advice, by_key)


def _cmdb_busy(error: CmdbBusy) -> Row:
    return Row(
        f"Another program holds the lock of the CMDB {shown(error.cmdb)}.",
        "Wait until it is done, or stop it, then run the command again.",
        "Wait until it is done, or stop it, then try again.",
    )


def _cmdb_altered(error: CmdbAltered) -> Row:
    objects = listed(tuple(shown(name) for name in error.objects))
    return Row(
        f"The CMDB {shown(error.cmdb)} has what nskeys did not make: {objects}; nothing of it was used.",
        "Find out who made that and remove it there, then run 'nskeys verify'.",
        "Find out who made that and remove it there, then look once more.",
    )


def _cmdb_not_empty(error: CmdbNotEmpty) -> Row:
    return Row(
        f"The CMDB {shown(error.address)} is not empty: it holds {count(error.credentials, 'credential')}; "
        "a database copy replaces none.",
        "Bring the keys alone back with 'nskeys restore FILE --keys-only', or name an empty database.",
        "Restore the keys alone, or name an empty database.",
    )


_AN_EMPTY_ONE = "Name a database with nothing in it, or a file that is not there: nothing is overwritten."
_MOVE_REFUSED: Mapping[MoveProblem, tuple[str, ...]] = MappingProxyType(
    {
        MoveProblem.HERE: (
            "The CMDB is at {address} already.",
            "Name another database, or see with 'nskeys status' that all is well here.",
            "Name another database.",
        ),
        MoveProblem.SAME: (
            "{address} is the CMDB itself, by another address, or a replica of it.",
            _AN_EMPTY_ONE,
        ),
        MoveProblem.NOT_EMPTY: (
            "The database {address} is not empty: it is a CMDB already.",
            _AN_EMPTY_ONE,
        ),
        MoveProblem.DIFFERS: (
            "What was read back from {address} is not what was written{table}; the CMDB was not moved.",
            "Find out what else writes to that database, then run the command again.",
            "Find out what else writes to that database, then try it again.",
        ),
        MoveProblem.ROWS_CHANGED: (
            "Nothing was moved, for credentials of {detail} are not what they must be.",
            "See which with 'nskeys verify', and put back what was there or accept it; then move.",
            "Open all (v) shows which; put back what was there or accept it, then move.",
        ),
    }
)


def _move_refused(error: MoveRefused) -> Row:
    what, advice, *in_app = _MOVE_REFUSED[error.problem]
    detail = shown(error.detail)
    table = f" (table {detail})" if error.detail else ""
    said = what.format(address=shown(error.address), detail=detail, table=table)
    return Row(said, advice, in_app[0] if in_app else advice)


def _cmdb_damaged(error: CmdbDamaged) -> Row:
    rows = f" (rows {listed(tuple(shown(row) for row in error.rows))})" if error.rows else ""
    table = f"The table {shown(error.table)} of the CMDB" if error.table else "The CMDB"
    return alike(
        f"{table} is not what nskeys writes{problem_text(error.problem)}{rows}.",
        "Bring the CMDB back from its own backup; the keys are not affected.",
    )


_MOST_TOLD = 5


def _change_waits(error: ChangeWaits) -> Row:
    first = [mismatch_line(one) for one in error.mismatches[:_MOST_TOLD]]
    more = len(error.mismatches) - len(first)
    told = "; ".join([*first, f"and {more} more"] if more else first)
    what = f"Nothing was changed, since something does not fit the last checkpoint: {told}."
    if advice := instead_of_accepting(error.mismatches):
        return Row(what, *advice)
    return Row(
        what,
        "Find out who did it, and put back what was there; or see 'nskeys checkpoint show', and accept it "
        "with 'nskeys checkpoint accept --shown DIGEST --reason TEXT'.",
        "Find out who did it, and put back what was there; Audit trail in the menu (m), then c, shows it.",
    )


DATABASE: Table = MappingProxyType(
    {
        CmdbUnreachable: _cmdb_unreachable,
        CmdbForbids: _cmdb_unreachable,
        CmdbFull: _cmdb_unreachable,
        ChangeWaits: _change_waits,
        NothingToAccept: lambda _: alike(
            "There is nothing to accept: everything fits the last checkpoint.",
            "Look at what it was that you meant to accept; it may have been put back.",
        ),
        CmdbBusy: _cmdb_busy,
        CmdbAltered: _cmdb_altered,
        CmdbNotEmpty: _cmdb_not_empty,
        CmdbDamaged: _cmdb_damaged,
        MoveRefused: _move_refused,
        MoveWaits: _move_refused,
    }
)

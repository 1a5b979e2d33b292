"""When the CMDB, or the server that it is on, is not as it must be."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import CmdbAltered, CmdbBusy, CmdbDamaged, CmdbForbids, CmdbFull, CmdbUnreachable
from nskeys.reasons import AnyProblem, Problem
from nskeys.wording.problems import problem_text
from nskeys.wording.text.sentence import Row, Table, alike, capitalised, listed
from nskeys.wording.text.terminal import shown

_TO_REACH = "Check that its file or its server is there, and the 'cmdb' line in config.toml."
_FROM_THERE = "Run the command again: what was committed before is kept, and it goes on from there."
_ON_FROM_THERE = "Try it again: what was committed before is kept, and it goes on from there."
_PRIMARY = (
    "Name the primary in the 'cmdb' line of config.toml, or all servers with commas between them: the one "
    "that takes changes is found."
)
REASONS: Mapping[AnyProblem, tuple[str, ...]] = MappingProxyType(
    {
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
    fallback = (f"{{}} cannot be opened{problem_text(error.problem)}", _TO_REACH)
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


def _cmdb_damaged(error: CmdbDamaged) -> Row:
    rows = f" (rows {listed(tuple(shown(row) for row in error.rows))})" if error.rows else ""
    table = f"The table {shown(error.table)} of the CMDB" if error.table else "The CMDB"
    return alike(
        f"{table} is not what nskeys writes{problem_text(error.problem)}{rows}.",
        "Bring the CMDB back from its own backup; the keys are not affected.",
    )


DATABASE: Table = MappingProxyType(
    {
        CmdbUnreachable: _cmdb_unreachable,
        CmdbForbids: _cmdb_unreachable,
        CmdbFull: _cmdb_unreachable,
        CmdbBusy: _cmdb_busy,
        CmdbAltered: _cmdb_altered,
        CmdbDamaged: _cmdb_damaged,
    }
)

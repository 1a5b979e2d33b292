"""The move of the CMDB to another database, in words."""

from nskeys.model.database_plans import DatabasePlace, MovePlan, MoveReport
from nskeys.wording.database import login_words
from nskeys.wording.errors import say
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe, shown

MOVE_TITLE, MOVE_YES = "Move the database", "Yes, move it"
MOVE_PROMPT = "Every row is copied into an empty database and compared there before it is used."
MOVE_HELP = "postgresql://USER@HOST/NAME, or a path for SQLite; passwords come from the passfile"
MOVE_IT = "Move the CMDB there? Type yes to move it"


def place_words(place: DatabasePlace) -> str:
    """Return text such as `SQLite, /var/lib/nskeys/cmdb.sqlite3`."""
    return f"{place.engine}, {safe(place.address)}"


def plan_facts(plan: MovePlan) -> tuple[tuple[str, str], ...]:
    """Return what a move would do, a name and a value each."""
    return (
        ("from", place_words(plan.source)),
        ("to", place_words(plan.target)),
        *(() if plan.login is None else (("login there", login_words(plan.login)),)),
        ("rows", f"{number(plan.rows)}, {count(plan.credentials, 'credential')} among them"),
    )


def plan_lines(plan: MovePlan) -> tuple[str, ...]:
    """Return what a move would do and what becomes of the database that is left."""
    if plan.moved:
        old = shown(plan.source.address)
        return (f"The CMDB was moved there already; only its old file is still to be put aside: {old}.",)
    again = (
        ("A move that was broken off has left rows there: they are taken out, and all is copied anew.",)
        if plan.begun
        else ()
    )
    how = (
        "Every row is copied there and compared, then config.toml names the new database; that is change "
        f"{number(plan.number + 1)}. Nothing else can be changed meanwhile."
    )
    return (*again, how, _left_line(plan))


def _left_line(plan: MovePlan) -> str:
    if plan.source.engine == "SQLite":
        return (
            f"The old file {shown(plan.source.address)} stays, with '.moved-' and the date behind its name."
        )
    return (
        f"The old database {shown(plan.source.address)} stays as it is, one change behind: nskeys refuses "
        "it from then on."
    )


def moved_lines(report: MoveReport) -> tuple[str, ...]:
    """Return what a move did, and what is left."""
    plan = report.plan
    done = (
        f"The CMDB is at {shown(plan.target.address)} since change {number(report.number)}: every row was "
        "read back from there and compared before the switch."
    )
    return (*(() if plan.moved else (done,)), _aside_line(report))


def _aside_line(report: MoveReport) -> str:
    old = shown(report.plan.source.address)
    if report.not_put_aside is not None:
        return (
            f"The old file {old} still has its name: {say(report.not_put_aside).what} Nobody uses it any "
            "more; the same command tries again to rename it."
        )
    if report.aside:
        return (
            f"The old file is {shown(report.aside)} now. It is one change behind and refused as the CMDB; "
            "delete it once the new database is in a backup."
        )
    return (
        f"The old database {old} was left as it is. It is one change behind and refused as the CMDB; drop "
        "its tables once the new database is in a backup."
    )

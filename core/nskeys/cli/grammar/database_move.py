"""The grammar of `nskeys database move`."""

from nskeys.cli.grammar.parser import Commands


def add(database: Commands) -> None:
    moving = database.command(
        "move",
        "database_move:move",
        "move the CMDB to another database: to PostgreSQL, or back to SQLite",
        usage="ADDRESS [--plan] [--yes]",
        text=(
            "ADDRESS is postgresql://..., sqlite:////PATH or the path of a file. The\n"
            "database must be empty: nothing is ever overwritten. Every row is copied\n"
            "and compared there under the lock, then config.toml names the new database.\n"
            "The move is a change that is written only there, so the old database is one\n"
            "change behind and refused from then on; an SQLite file stays beside it as\n"
            "'.moved-DATE'. Killed at any time, the same command goes on. A password comes\n"
            "from PostgreSQL's own password file, never from the address. Exit code 1 if\n"
            "the old file could not be renamed."
        ),
        example=(
            "  nskeys database move postgresql://nskeys@db01/nskeys --plan\n"
            "      what a move would do; it tries the database, and changes nothing"
        ),
    )
    moving.add_argument("address", metavar="ADDRESS", help="where the CMDB goes")
    moving.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    moving.add_argument("--yes", action="store_true", help="say that it is meant; a script has to")

"""The grammar of `nskeys database`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    database = commands.group("database", "copy the database, the other half of a backup", shows="list")
    database.command(
        "list",
        "database:list_copies",
        "list every database copy as it was last looked at, and every declared backup",
        text="'nskeys register check' looks at all copies now.",
        example="  nskeys database list --json",
    )
    copying = database.command(
        "copy",
        "database:copy",
        "copy the rows as they are now",
        usage="[--to DESTINATION]... [--everywhere] [--if-needed] [--while-small]",
        text=(
            "The copy is encrypted to a key that is in the key backups: it asks for no\n"
            "password, and whoever opens a key backup opens it. It is read back and opened\n"
            "by two readers before it counts. Without --to it goes where the last backup\n"
            "went. Exit code 1 if a destination got no copy, or a row could not be copied\n"
            "or is not what it must be."
        ),
        example="  nskeys database copy --to sftp://backup@vault02/srv/nskeys",
    )
    places = copying.add_mutually_exclusive_group()
    places.add_argument(
        "--to", metavar="DESTINATION", action="append", default=[], help="where; may be given several times"
    )
    places.add_argument("--everywhere", action="store_true", help="to every configured destination")
    copying.add_argument(
        "--if-needed", action="store_true", help="only where credentials changed since the last good copy"
    )
    copying.add_argument(
        "--while-small", action="store_true", help="not where the last one has more than 32 MiB"
    )
    declaring = database.command(
        "declare",
        "declared_backups:declare",
        "say that somebody else backs the database up",
        usage="TEXT [--withdraw]",
        text=(
            "TEXT is what people call that backup. It counts for nothing until 'nskeys\n"
            "database check' opened a database that was restored from it."
        ),
        example='  nskeys database declare "pgBackRest to vault02"',
    )
    declaring.add_argument("text", metavar="TEXT", help="what the backup is called")
    declaring.add_argument("--withdraw", action="store_true", help="it is gone, and counts no more")
    checking = database.command(
        "check",
        "declared_backups:check",
        "prove what a declared backup brings back",
        usage="FILE|URL [--of TEXT]",
        text=(
            "Restore a database from the backup to a place of its own, then name it here: a\n"
            "copy of an SQLite CMDB, or a PostgreSQL. It is only read: a role that may\n"
            "SELECT is enough, and its password comes from libpq's passfile. The check\n"
            "makes a change here first: a database that shows it is this one or a replica,\n"
            "and no backup. Up to the number of its last change the backup then counts as a\n"
            "database copy, for as long as 'database_check_days' in config.toml says (30\n"
            "days). Exit code 1 if a credential in it does not open with the keys here."
        ),
        example="  nskeys database check postgresql://reader@restored/nskeys",
    )
    checking.add_argument("database", metavar="FILE|URL", help="what was restored from the backup")
    checking.add_argument(
        "--of", metavar="TEXT", default="", help="which backup, where more than one is declared"
    )
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

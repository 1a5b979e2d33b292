"""The grammar of `nskeys drill`."""

from nskeys.cli.grammar.options import opening_options
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "drill",
        "drill:run",
        "prove a backup without restoring it",
        usage=(
            "PLACE|FILE|latest [--database PLACE|FILE] [--server-key T] [--password-file F] "
            "[--identity F] [--shares] [--shares-file F]"
        ),
        text=(
            "At a place, with a part of a database copy, with --database, and wherever no\n"
            "CMDB is: fetches both halves, opens them, and opens every row of the copy with\n"
            "the keys of the backup. Nothing else of the server is used, so this runs on any\n"
            "machine. Otherwise:\n"
            "Opens the backup with its password, or that of its recovery identity, and every\n"
            "credential of the CMDB with its keys. Nothing is restored; the register learns\n"
            "how far the backup was proven. Exit code 1 if some do not open, or if the\n"
            "result could not be written down; 75, before anything is asked, while somebody\n"
            "else changes this installation."
        ),
        example="  nskeys drill latest\n      the newest backup that can be reached",
    )
    parser.add_argument(
        "file", metavar="PLACE|FILE", help="where backups are, the .zip of one, a bare .kms, or 'latest'"
    )
    parser.add_argument(
        "--database", metavar="PLACE|FILE", help="where the database copy is, or a part of it"
    )
    parser.add_argument("--server-key", metavar="T", help="at a place with several: take this server's")
    opening_options(parser)

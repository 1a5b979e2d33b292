"""The grammar of `nskeys drill`."""

from nskeys.cli.grammar.options import opening_options
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "drill",
        "drill:run",
        "prove a backup without restoring it",
        usage="FILE|latest [--password-file F] [--identity F] [--shares] [--shares-file F]",
        text=(
            "Opens the backup with its password, or that of its recovery identity, and every\n"
            "credential of the CMDB with its keys. Nothing is restored; the register learns\n"
            "how far the backup was proven. Exit code 1 if some do not open, or if the\n"
            "result could not be written down; 75, before anything is asked, while somebody\n"
            "else changes this installation."
        ),
        example="  nskeys drill latest\n      the newest backup that can be reached",
    )
    parser.add_argument("file", metavar="FILE", help="the .zip of a backup, a bare .kms, or 'latest'")
    opening_options(parser)

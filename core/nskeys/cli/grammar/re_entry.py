"""The grammar of `nskeys re-entry`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "re-entry",
        "re_entry:run",
        "list what did not come back and must be re-entered",
        usage="[--csv] [--output FILE]",
        text=(
            "Every credential is opened with the keys of this server, no secret is shown,\n"
            "nothing is changed. Whatever is re-entered, or opens again after another\n"
            "restore, is off the list. Exit code 1 if anything is on it. FILE is never\n"
            "replaced."
        ),
        example=(
            "  nskeys re-entry --csv --output /root/re-entry.csv\n"
            "      a table to hand out to those who know the passwords"
        ),
    )
    parser.add_argument("--csv", action="store_true", help="as a table for a spreadsheet")
    parser.add_argument("--output", metavar="FILE", help="write to a new file")

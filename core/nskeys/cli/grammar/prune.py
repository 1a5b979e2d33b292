"""The grammar of `nskeys prune`."""

from nskeys.cli.grammar.options import whole_number
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "prune",
        "prune:run",
        "delete old copies of backups",
        usage="[--plan] [--keep-last N] [--keep-monthly N] [--keep-copies N]",
        text=(
            "At each destination the last N backups stay, and the last of each of N months:\n"
            "7 and 12 unless [retention] in config.toml says otherwise. Only a file whose\n"
            "bytes are those of a signed row of the register is deleted; never the newest\n"
            "good one, the last that a person proved, or the only good one with a key.\n"
            "Of database copies the last N stay, 48 unless said otherwise, and whichever a\n"
            "credential would come back from.\n"
            "Exit code 1 if a place could not be looked at or a file could not be deleted."
        ),
        example="  nskeys prune --plan\n      what would go, what stays, and why; nothing is changed",
    )
    parser.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    parser.add_argument("--keep-last", metavar="N", type=whole_number, help="the last N backups stay")
    parser.add_argument(
        "--keep-monthly", metavar="N", type=whole_number, help="the last of each of N months stays"
    )
    parser.add_argument(
        "--keep-copies", metavar="N", type=whole_number, help="the last N database copies stay"
    )

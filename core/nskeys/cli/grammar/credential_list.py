"""The grammar of `nskeys credential list`."""

from nskeys.cli.grammar.options import KINDS, whole_number
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "list",
        "credential_list:run",
        "list credentials, without their secrets",
        usage="[--kind KIND] [--find TEXT] [--limit N]",
        example="  nskeys credential list --kind run-as --find finance",
    )
    parser.add_argument("--kind", metavar="KIND", choices=KINDS, help="hierarchy, pcanywhere or run-as")
    parser.add_argument("--find", metavar="TEXT", help="with TEXT in name, target, account or note")
    parser.add_argument("--limit", metavar="N", type=whole_number, help="no more than N")

"""The grammar of `nskeys credential export`."""

from nskeys.cli.grammar.options import weak_option
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "export",
        "credential_export:run",
        "export every credential with its secret, encrypted",
        usage="--to FILE --recipient R...|--password|--password-file F [--weak-password]",
        text=(
            "Writes an age file with nskeys' JSON, which 'credential import' reads again and\n"
            "'age -d' opens. The audit trail names every credential in it."
        ),
        example="  nskeys credential export --to /media/stick/all.age --password",
    )
    parser.add_argument("--to", metavar="FILE", required=True, help="a new file; none is replaced")
    parser.add_argument(
        "--recipient", metavar="R", action="append", default=[], help="age1..., an ssh key, a file of them"
    )
    parser.add_argument("--password", action="store_true", help="ask for a password")
    parser.add_argument("--password-file", metavar="F", help="file with its new password (-: stdin)")
    weak_option(parser)

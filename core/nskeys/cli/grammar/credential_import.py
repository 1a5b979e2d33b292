"""The grammar of `nskeys credential import`."""

from nskeys.cli.grammar.options import KINDS
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "import",
        "credential_import:run",
        "import a password manager's export",
        usage="FILE [--plan] [--skip-bad] [--kind KIND]",
        text=(
            "Reads KeePassXC's CSV, Bitwarden's CSV and unencrypted JSON, and nskeys' own\n"
            "JSON. The kind follows from a word in the name of the group or folder; --kind\n"
            "decides it for every row. One bad row: nothing is imported, every bad row is\n"
            "named. Remove the export once all in it was taken: it is not encrypted."
        ),
        example="  nskeys credential import export.csv --plan\n      what would become what, and why",
    )
    parser.add_argument("export", metavar="FILE", help="the export (-: stdin)")
    parser.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    parser.add_argument("--skip-bad", action="store_true", help="take the rest where rows are bad")
    parser.add_argument(
        "--kind", metavar="KIND", choices=KINDS, help="hierarchy, pcanywhere or run-as, for all"
    )

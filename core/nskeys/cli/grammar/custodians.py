"""The grammar of `nskeys custodians`."""

from nskeys.cli.grammar.options import whole_number
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    custodians = commands.group("custodians", "let several people open the backups together", shows="show")
    custodians.command(
        "show", "custodians:show", "show which shares are in force", example="  nskeys custodians show"
    )
    splitting = custodians.command(
        "split",
        "custodians:split",
        "make a sheet with a share for every custodian",
        usage="--shares N --threshold T [--sheets DIR] [--html]",
        text=(
            "A new recovery identity; its password is split into N shares, of which any T\n"
            "open it, and is kept nowhere. The sheets are shown on this terminal, one\n"
            "custodian after the other, or go into DIR, which is in memory at best. Until\n"
            "'nskeys custodians check' they are no recipients of any backup."
        ),
        example=(
            "  nskeys custodians split --shares 5 --threshold 3\n"
            "      five sheets; any three open the backups, two may get lost"
        ),
    )
    splitting.add_argument(
        "--shares", metavar="N", type=whole_number, required=True, help="custodians: 2 to 16"
    )
    splitting.add_argument(
        "--threshold", metavar="T", type=whole_number, required=True, help="needed to open: 2 to N"
    )
    splitting.add_argument("--sheets", metavar="DIR", help="write each sheet to a new file there")
    splitting.add_argument("--html", action="store_true", help="as pages to print, with QR codes")
    checking = custodians.command(
        "check",
        "custodians:check",
        "prove every share, typed in again from its sheet",
        usage="[--shares-file F]",
        text=(
            "Every custodian types the words in. Each sheet is checked at once; then any T\n"
            "of them must open the identity, and that a test file. A new set is in force\n"
            "from then on."
        ),
        example="  nskeys custodians check\n      asks for one sheet after the other",
    )
    checking.add_argument("--shares-file", metavar="F", help="file with a share a line (-: stdin)")

"""The grammar of `nskeys backup`."""

from nskeys.cli.grammar.options import password_option, weak_option
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "backup",
        "backup:run",
        "back up keys and database",
        usage=(
            "[--to DESTINATION]... [--everywhere] [--recipient R]... [--password] [--password-file F] "
            "[--weak-password] [--hint TEXT] [--keys-only | --database-only] [--if-needed]"
        ),
        text=(
            "A backup has two halves: the keys, and the database with the credentials they\n"
            "open. Each is made where it is needed, the keys first; where nothing is, both\n"
            "are made anew. The database copy asks for no password.\n"
            "Each copy is read back from where it was put and opened by two readers before\n"
            "it counts. Nothing is ever replaced. Without --to it goes where the last one\n"
            "went. On this machine it is allowed, but it is lost with the disk.\n"
            "A destination that fails does not stop the others; the exit code is 1 then.\n"
            "Where there is a recovery identity it goes to that, and no password is asked."
        ),
        example=(
            "  nskeys backup --everywhere --if-needed --password-file /root/bp\n"
            "      to every destination that lacks a good copy of a key or a credential"
        ),
    )
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--to", metavar="DESTINATION", action="append", default=[], help="where; may be given several times"
    )
    places.add_argument("--everywhere", action="store_true", help="to every configured destination")
    parser.add_argument(
        "--recipient",
        metavar="R",
        action="append",
        default=[],
        help="age1..., an ssh key, a file of them",
    )
    parser.add_argument("--password", action="store_true", help="under a password in any case")
    password_option(parser)
    weak_option(parser)
    parser.add_argument(
        "--hint", metavar="TEXT", default="", help="reminds of the password; anybody can read it"
    )
    halves = parser.add_mutually_exclusive_group()
    halves.add_argument("--keys-only", action="store_true", help="no database copy")
    halves.add_argument("--database-only", action="store_true", help="no key backup: 'database copy'")
    parser.add_argument(
        "--if-needed", action="store_true", help="only what no good copy there holds as it is now"
    )

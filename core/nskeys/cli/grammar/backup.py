"""The grammar of `nskeys backup`."""

from nskeys.cli.grammar.options import password_option, weak_option
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "backup",
        "backup:run",
        "back the keys up",
        usage=(
            "[--to DESTINATION]... [--everywhere] [--recipient R]... [--password] [--password-file F] "
            "[--weak-password] [--hint TEXT] [--if-needed]"
        ),
        text=(
            "Each copy is read back from where it was put and opened by two readers before\n"
            "it counts. Nothing is ever replaced. Without --to it goes where the last one\n"
            "went. On this machine it is allowed, but the disk that dies takes it too.\n"
            "With several destinations one that fails holds up no other; exit code 1 then.\n"
            "Where there is a recovery identity it goes to that, and no password is asked."
        ),
        example=(
            "  nskeys backup --everywhere --if-needed --password-file /root/bp\n"
            "      to every destination that lacks a good copy of a key"
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
        "--hint", metavar="TEXT", default="", help="reminds of the password; anybody reads it"
    )
    parser.add_argument("--if-needed", action="store_true", help="only where a key is in no good copy yet")

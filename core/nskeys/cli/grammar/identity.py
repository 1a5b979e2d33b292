"""The grammar of `nskeys identity`."""

from nskeys.cli.grammar.options import weak_option
from nskeys.cli.grammar.parser import Commands

_THEN = "      then 'nskeys backup', and 'nskeys drill latest' once, by a person"


def add(commands: Commands) -> None:
    identity = commands.group(
        "identity", "back up without a person, and let one open the backups", shows="show"
    )
    creating = identity.command(
        "create",
        "identity:create",
        "make the recovery identity, under a password",
        usage="[--password-file F] [--weak-password]",
        text=(
            "From then on a backup asks for no password: it is encrypted to this identity,\n"
            "whose password opens it. The password is asked for twice and stored nowhere;\n"
            "a test file is encrypted and opened with it before the identity is used."
        ),
        example=f"  nskeys identity create\n{_THEN}",
    )
    replacing = identity.command(
        "replace",
        "identity:replace",
        "make another one in its place, under a new password",
        usage="[--password-file F] [--weak-password]",
        text=(
            "A new password is a new identity. Backups that were made before still open with\n"
            "the one before, whose file they carry, and its password."
        ),
        example=f"  nskeys identity replace\n{_THEN}",
    )
    for parser in (creating, replacing):
        parser.add_argument("--password-file", metavar="F", help="file with its new password (-: stdin)")
        weak_option(parser)
    identity.command(
        "show",
        "identity:show",
        "show whom backups go to, and who was before",
        example="  nskeys identity show",
    )

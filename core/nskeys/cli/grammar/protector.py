"""The grammar of `nskeys protector`."""

from nskeys.cli.grammar.options import HELP, protector_uri, weak_option
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    protectors = commands.group("protector", "show and change what protects the keys here", shows="show")
    protectors.command(
        "show",
        "protector:show",
        "show what binds the keys to this machine or to a person",
        example="  nskeys protector show",
    )
    changing = protectors.command(
        "change",
        "protector:change",
        "bind the keys in another way, or to another passphrase",
        usage=(
            "tpm2|pkcs11:URI|passphrase|file [--new-passphrase-file F] [--weak-password] [--without-backup]"
        ),
        text=(
            "The keys stay the same. They are wrapped anew under a new key-encryption key,\n"
            "opened again, and only then the old wrapping is removed from this disk. Without\n"
            "a proven backup elsewhere that holds them all, nothing is done. Exit code 1\n"
            "where the old wrapping could not be removed: then it still opens the keys."
        ),
        example="  nskeys protector change passphrase\n      asks for it twice",
    )
    changing.add_argument("protector", type=protector_uri, metavar="NAME", help=HELP)
    changing.add_argument(
        "--new-passphrase-file", metavar="F", help="file with the new passphrase (-: stdin)"
    )
    weak_option(changing)
    changing.add_argument(
        "--without-backup", action="store_true", help="although no backup elsewhere holds every key"
    )

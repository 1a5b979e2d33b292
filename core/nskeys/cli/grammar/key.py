"""The grammar of `nskeys key`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    keys = commands.group("key", "list and rotate the keys of this server", shows="list")
    keys.command(
        "list",
        "key:list_keys",
        "list the keys, what they seal, and their backups",
        example="  nskeys key list --json\n      for a script",
    )
    show = keys.command(
        "show",
        "key:show_key",
        "show one key and the backups that hold it",
        usage="KID",
        example="  nskeys key show 7f3a91c2\n      any unique beginning of its id will do",
    )
    show.add_argument("kid", metavar="KID", help="key id, or its beginning")
    compromise = keys.command(
        "compromise",
        "key:compromise_key",
        "mark a key that somebody else may know",
        usage="KID",
        text=(
            "It seals nothing any more and opens what is there; status warns while\n"
            "credentials are sealed under it. The active key is rotated first."
        ),
        example="  nskeys key rotate; nskeys key compromise 7f3a91c2\n      after a theft",
    )
    compromise.add_argument("kid", metavar="KID", help="key id, or its beginning")
    rotate = keys.command(
        "rotate",
        "key:rotate_key",
        "make a new key, and seal every credential under it",
        usage="[--without-backup]",
        text=(
            "The first call makes the key and stops: a backup is due (exit code 1), or a\n"
            "drill of one that no person proved yet. Once a proven backup elsewhere holds\n"
            "the key, the next call activates it and re-seals.\n"
            "Broken off anywhere, calling it again finishes it; the rest too waits for\n"
            "such a backup. The old key stays."
        ),
        example=(
            "  nskeys key rotate; nskeys backup --to /mnt/vault; nskeys key rotate\n"
            "      the three steps of a rotation"
        ),
    )
    rotate.add_argument(
        "--without-backup", action="store_true", help="go on under a key that no backup elsewhere holds"
    )

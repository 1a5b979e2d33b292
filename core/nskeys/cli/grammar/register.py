"""The grammar of `nskeys register`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    register = commands.group("register", "list and check the backups that were made", shows="list")
    register.command(
        "list",
        "register:list_copies",
        "list every copy, those in folders looked at now",
        example="  nskeys register list --json",
    )
    register.command(
        "check",
        "register:check",
        "look at every copy and remember what was seen",
        text="Exit code 1 if a copy is missing, changed or cannot be reached.",
        example="  nskeys register check --passphrase-file /root/passphrase\n      from a timer",
    )
    adding = register.command(
        "add",
        "register:add_copy",
        "make a copy known that lies elsewhere or was found again",
        usage="FILE",
        text="Only a backup that this server signed can be added.",
        example="  nskeys register add /mnt/tape/ns01-5ac19e2b-20261122T140200Z.zip",
    )
    adding.add_argument("file", metavar="FILE", help="the .zip of a backup")
    telling = register.command(
        "diary",
        "register:diary",
        "list every drill, failed ones too",
        usage="[--limit N]",
        text="Who tried which copy, when and where, and how far it came; newest first.",
        example="  nskeys register diary --json",
    )
    telling.add_argument("--limit", metavar="N", default="1000", help="at most N lines (1000)")
    retiring = register.command(
        "retire",
        "register:retire",
        "stop counting a copy; its file stays",
        usage="ID [--accept-risk]",
        example="  nskeys register retire 9f31c0de",
    )
    retiring.add_argument(
        "reference", metavar="ID", help="its address, its file's name, or the beginning of its id"
    )
    retiring.add_argument(
        "--accept-risk", action="store_true", help="even if credentials have no other backup"
    )

"""The grammar of `nskeys inspect`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "inspect",
        "inspect:run",
        "say what is in a backup, without its password",
        usage="FILE",
        text=(
            "Its signature is checked where the key of its server is at hand; else what it\n"
            "says is a claim until it is opened. Exit code 65 if it names the key of this\n"
            "server and is not signed by it. With --json: the manifest, and 'signer'."
        ),
        example="  nskeys inspect /mnt/vault/ns01-5ac19e2b-20261122T140200Z.zip",
    )
    parser.add_argument("file", metavar="FILE", help="the .zip of a backup, or 'latest'")

"""The grammar of `nskeys registry`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    commands.command(
        "registry",
        "registry:run",
        "show KMSBackupPath and KMSBackupDate",
        text="Where the last good backup went, and when. Empty until there is one.",
        example="  nskeys registry --json",
    )

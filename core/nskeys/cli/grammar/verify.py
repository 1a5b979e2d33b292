"""The grammar of `nskeys verify`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    commands.command(
        "verify",
        "verify:run",
        "open every credential with the keys of this server",
        text="Changes nothing and shows no secret. Exit code 1 if some do not open.",
        example="  nskeys verify --json\n      for a script",
    )

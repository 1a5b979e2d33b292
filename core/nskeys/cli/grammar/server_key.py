"""The grammar of `nskeys server-key`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    keys = commands.group("server-key", "show and replace the key that signs for this server", shows="show")
    keys.command(
        "show",
        "server_key:show",
        "show its thumbprint, and the server keys before it",
        text=(
            "The thumbprint is what a restore on another machine shows and asks about. It\n"
            "stands on the runbook. The key itself never leaves this machine."
        ),
        example="  nskeys server-key show --json\n      for a script",
    )
    keys.command(
        "replace",
        "server_key:replace",
        "make a new one, where somebody else may know it",
        text=(
            "What the key before signed counts up to now, and is signed anew; what it signs\n"
            "from now on counts for nothing. Print the runbook again afterwards: a restore\n"
            "asks for the new thumbprint."
        ),
        example="  nskeys server-key replace; nskeys runbook\n      after a theft",
    )

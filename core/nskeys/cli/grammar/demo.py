"""The grammar of `nskeys demo`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    commands.command(
        "demo",
        "demo:run",
        "open the app on a made-up server",
        text=(
            "Every screen and every operation works, on sixteen made-up credentials.\n"
            "The server lies in memory, and is gone when the app is left or killed; this\n"
            "machine's own keys, its systemd and its home are not touched."
        ),
        example="  nskeys demo\n      on a terminal; it takes no options",
    )

"""The grammar of `nskeys checkpoint`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    group = commands.group(
        "checkpoint",
        "show what the server key signed, and accept what differs from it",
        shows="show",
    )
    group.command(
        "show",
        "checkpoint:show",
        "show the checkpoint and what contradicts it",
        text=(
            "Each change is signed together with what everything was after it. What does\n"
            "not fit is named here, and ends the command with 1. Nothing is unlocked."
        ),
        example="  nskeys checkpoint show --json\n      for a script",
    )
    group.command(
        "verify",
        "checkpoint:verify",
        "compare everything with the checkpoint, each credential and audit line too",
        text="As 'show', and every row and line is read. Nothing is unlocked.",
        example="  nskeys checkpoint verify",
    )
    accept = group.command(
        "accept",
        "checkpoint:accept",
        "accept what differs, exactly as it was shown",
        usage="--shown DIGEST --reason TEXT [--take-back]",
        text=(
            "Changes wait while something contradicts the checkpoint. Find out first who\n"
            "changed it: bringing the database back from its own backup is often better.\n"
            "Key states and who can open backups are taken from the home, never from the\n"
            "database. The reason stays in the audit trail for ever."
        ),
        example=(
            "  nskeys checkpoint accept --shown 7f3a91c2 --reason 'crash of 1 May'\n"
            "      the digest is the one that 'show' printed"
        ),
    )
    accept.add_argument(
        "--shown", metavar="DIGEST", required=True, help="what 'checkpoint show' printed, or its beginning"
    )
    accept.add_argument("--reason", metavar="TEXT", required=True, help="why it is accepted")
    accept.add_argument(
        "--take-back", action="store_true", help="also where another server took this database over"
    )

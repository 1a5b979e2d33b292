"""The grammar of `nskeys runbook`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "runbook",
        "runbook:run",
        "print the steps of a restore, for whoever will do it",
        usage="[--html] [--output FILE]",
        text=(
            "With this server's paths, file names, hashes and who can open what: database,\n"
            "keys, proof. There is no secret in it. Exit code 1 if no backup elsewhere\n"
            "counts: the runbook is then of no use. FILE is never replaced."
        ),
        example=(
            "  nskeys runbook --html --output /root/runbook.html\n"
            "      one file, to print and to keep where this server is not"
        ),
    )
    parser.add_argument("--html", action="store_true", help="as one HTML file, with QR codes")
    parser.add_argument("--output", metavar="FILE", help="write to a new file")

"""The grammar of `nskeys audit`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "audit",
        "audit:run",
        "list who changed what, or check that list",
        usage="[--verify]",
        text=(
            "Every line's hash covers all lines before it, and the server key signs the last\n"
            "one; each backup remembers where the trail ended. Exit code 65 if a line was\n"
            "changed or cut; 1 if there are backups and none could be asked, or if the\n"
            "database is a standby that lags: an older trail that was put back looks\n"
            "whole then."
        ),
        example="  nskeys audit --verify\n      exit code 65 if a line was changed or cut",
    )
    parser.add_argument("--verify", action="store_true", help="check hashes and signature")

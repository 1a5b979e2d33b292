"""The grammar of `nskeys restore`."""

from nskeys.cli.grammar.options import opening_options, protector_options
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "restore",
        "restore:run",
        "bring the keys back from a backup",
        usage=(
            "FILE [--plan] [--accept-foreign] [--other-machine] [--password-file F] [--identity F] "
            "[--shares] [--shares-file F] [--weak-password]"
        ),
        text=(
            "An empty home is set up by it, or one with nothing but the copied database, or\n"
            "one whose keys are bound to another machine: then --protector and --cmdb are as\n"
            "for 'nskeys init', and the server is called as in the backup unless you say\n"
            "--server-name. A key that opens here is never replaced,\n"
            "nor one whose TPM may only be away, unless you say --other-machine.\n"
            "Afterwards every credential is opened; exit code 1 if some do not open, or if\n"
            "the register could not be told."
        ),
        example=(
            "  nskeys restore /media/stick/ns01-5ac19e2b-20261122T140200Z.zip --plan\n"
            "      what a restore would do; it asks for the password, and changes nothing"
        ),
    )
    parser.add_argument("file", metavar="FILE", help="the .zip of a backup, a bare .kms, or 'latest'")
    parser.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    parser.add_argument(
        "--accept-foreign",
        action="store_true",
        help="take one not signed by this server, or lacking keys",
    )
    parser.add_argument(
        "--other-machine", action="store_true", help="the TPM of the keys here is gone, and not only away"
    )
    opening_options(parser)
    protector_options(parser, "the backup's")

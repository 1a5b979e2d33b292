"""The grammar of `nskeys restore`."""

from nskeys.cli.grammar.options import opening_options, protector_options
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "restore",
        "restore:run",
        "bring keys and rows back from a backup",
        usage=(
            "PLACE|FILE [--plan] [--server-key T] [--database PLACE|FILE] [--keys-only] "
            "[--other-machine] [--password-file F] [--identity F] [--shares] "
            "[--shares-file F] [--weak-password]"
        ),
        text=(
            "Takes the newest key backup at a place and, where no CMDB is here, the newest\n"
            "database copy that it opens, there or where --database says. The CMDB is made\n"
            "from it, all of it or nothing; one that has rows is never replaced.\n"
            "An empty home is set up by it, or one with nothing but the copied database, or\n"
            "one whose keys are bound to another machine: then --protector and --cmdb are as\n"
            "for 'nskeys init', and the server is called as in the backup unless you say\n"
            "--server-name. A key that opens here is never replaced,\n"
            "nor one whose TPM may only be away, unless you say --other-machine.\n"
            "On a machine without a server key of its own, and for every backup that is not\n"
            "this server's, you are shown the server key that signed it and asked for a yes:\n"
            "compare its thumbprint with the runbook's. A script gives --server-key.\n"
            "Afterwards every credential is opened; exit code 1 if some do not open, or if\n"
            "the register could not be updated."
        ),
        example=(
            "  nskeys restore sftp://backup@vault02/ns01 --plan\n"
            "      what a restore would do; it asks for the password, and changes nothing"
        ),
    )
    parser.add_argument(
        "file", metavar="PLACE|FILE", help="where backups are, the .zip of one, a bare .kms, or 'latest'"
    )
    parser.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    parser.add_argument(
        "--server-key",
        metavar="T",
        help="take one that the runbook's server key signed",
    )
    parser.add_argument(
        "--database", metavar="PLACE|FILE", help="where the database copy is, or a part of it"
    )
    parser.add_argument("--keys-only", action="store_true", help="bring no rows back")
    parser.add_argument(
        "--other-machine", action="store_true", help="the TPM of the keys here is gone for good"
    )
    opening_options(parser)
    protector_options(parser, "the backup's")

"""The grammar of `nskeys init`."""

from nskeys.cli.grammar.options import protector_options, whole_number
from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "init",
        "init:run",
        "set up a new installation",
        usage=(
            "[--cmdb URL] [--protector tpm2|passphrase|file] [--server-name NAME] [--accept-loss N] "
            "[--weak-password]"
        ),
        text=(
            "The first key is made and bound by the protector: by default to the TPM, where\n"
            "a trial shows that it works, else to a plain file, which protects nothing. A\n"
            "TPM other than /dev/tpmrm0 is named as tpm2:DEVICE. Where the CMDB holds\n"
            "credentials whose keys are gone for good, --accept-loss with their exact\n"
            "number goes on without them."
        ),
        example=(
            "  nskeys init --server-name ns01.example.net\n"
            "      a server with its CMDB in the home, /var/lib/nskeys/cmdb.sqlite3"
        ),
    )
    protector_options(parser)
    parser.add_argument("--accept-loss", metavar="N", type=whole_number, help="credentials given up")

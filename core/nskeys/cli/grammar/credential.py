"""The grammar of `nskeys credential`."""

from nskeys.cli.grammar import credential_export, credential_import, credential_list
from nskeys.cli.grammar.options import KINDS, secret_option
from nskeys.cli.grammar.parser import CommandParser, Commands


def add(commands: Commands) -> None:
    credentials = commands.group(
        "credential", "list, add, show, edit, remove, import and export credentials", shows="list"
    )
    credential_list.add(credentials)
    adding = credentials.command(
        "add",
        "credential:add_credential",
        "add a credential",
        usage="--kind KIND --name NAME --target TARGET --account ACCOUNT [--note TEXT] [--secret-file F]",
        text="Its secret is asked for on the terminal, or read from a file.",
        example=(
            "  nskeys credential add --kind run-as --name deploy-finance \\\n"
            "      --target 'finance-*' --account 'CORP\\svc-deploy'\n"
            "      an account that installs packages"
        ),
    )
    _field_options(adding, required=True)
    secret_option(adding)
    showing = credentials.command(
        "show",
        "credential:show_credential",
        "show one credential",
        usage="ID [--reveal]",
        text="Its secret is shown only with --reveal, and the audit trail says so.",
        example="  nskeys credential show run-as/deploy-finance --reveal\n      with its secret",
    )
    _reference(showing)
    showing.add_argument("--reveal", action="store_true", help="show its secret")
    editing = credentials.command(
        "edit",
        "credential:edit_credential",
        "change fields of a credential, or its secret",
        usage="ID [--kind KIND] [--name NAME] [--target TARGET] [--account ACCOUNT] [--note TEXT]"
        " [--secret-file F|--new-secret]",
        text="Without any option a new secret is asked for.",
        example="  nskeys credential edit run-as/deploy-finance --account 'CORP\\svc-install'",
    )
    _reference(editing)
    _field_options(editing, required=False)
    secret = editing.add_mutually_exclusive_group()
    secret.add_argument("--secret-file", metavar="F", help="file with its new secret (-: stdin)")
    secret.add_argument("--new-secret", action="store_true", help="ask for a new secret")
    removing = credentials.command(
        "remove",
        "credential:remove_credential",
        "remove a credential for good",
        usage="ID --yes",
        example="  nskeys credential remove run-as/deploy-finance --yes",
    )
    _reference(removing)
    removing.add_argument("--yes", action="store_true", help="confirm it")
    credential_import.add(credentials)
    credential_export.add(credentials)


def _reference(parser: CommandParser) -> None:
    parser.add_argument("reference", metavar="ID", help="its id, a unique beginning of it, or kind/name")


def _field_options(parser: CommandParser, *, required: bool) -> None:
    parser.add_argument(
        "--kind", metavar="KIND", choices=KINDS, required=required, help="hierarchy, pcanywhere or run-as"
    )
    parser.add_argument("--name", metavar="NAME", required=required, help="any name, used once per kind")
    parser.add_argument(
        "--target", metavar="TARGET", required=required, help="URL, host[:port], or package or task"
    )
    parser.add_argument(
        "--account", metavar="ACCOUNT", required=required, help="DOMAIN\\user, caller, or user"
    )
    parser.add_argument("--note", metavar="TEXT", help="free text, stored readable: no secrets here")

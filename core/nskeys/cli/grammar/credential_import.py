"""The grammar of `nskeys credential import`."""

from argparse import ArgumentTypeError

from nskeys.cli.grammar.options import KINDS
from nskeys.cli.grammar.parser import Commands

COLUMN_FIELDS = ("name", "account", "secret", "target", "note", "group", "kind")
NEEDED_FIELDS = COLUMN_FIELDS[:3]
ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1257",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "shift_jis",
    "gbk",
    "big5",
    "euc-kr",
)


def add(commands: Commands) -> None:
    parser = commands.command(
        "import",
        "credential_import:run",
        "import a password manager's export",
        usage=(
            "FILE [--plan] [--skip-bad] [--kind KIND] [--update] [--with-deleted]\n"
            "[--empty-secrets] [--password-file F] [--key-file F] [--identity F]\n"
            "[--encoding NAME] [--columns FIELD=COLUMN,...] [--delimiter CHARACTER]\n"
            "[--remember NAME]"
        ),
        text=(
            "Reads KeePass databases (KDBX, with 'nskeys[kdbx]') and KeePass' XML, trees of\n"
            "'pass', Bitwarden's JSON, 1Password's 1PUX, the JSON of a KV store of Vault or\n"
            "OpenBao, nskeys' own export, the CSV of KeePassXC, KeePass, Bitwarden,\n"
            "1Password, LastPass, Chrome, Edge, Firefox, Dashlane, NordPass, Proton Pass\n"
            "and Secret Server; with --columns any CSV. What is encrypted asks for its\n"
            "password.\n"
            "The kind comes from a word in the name of the group or folder; --kind sets it\n"
            "for every row. With one bad row nothing is imported, and each one is named.\n"
            "Remove the export once all in it was taken: it is not encrypted."
        ),
        example="  nskeys credential import export.csv --plan\n      what would be imported, and why",
    )
    parser.add_argument("export", metavar="FILE", help="the export (-: stdin), or a tree of pass")
    parser.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    parser.add_argument("--password-file", metavar="F", help="file with the password it wants (-: stdin)")
    parser.add_argument("--identity", metavar="F", help="file with an identity, for an age file")
    parser.add_argument(
        "--key-file", metavar="F", dest="export_key_file", help="key file of a KeePass database"
    )
    parser.add_argument("--skip-bad", action="store_true", help="take the rest where rows are bad")
    parser.add_argument("--update", action="store_true", help="take rows that are here with other values")
    parser.add_argument("--with-deleted", action="store_true", help="take what lies in a recycle bin")
    parser.add_argument("--empty-secrets", action="store_true", help="take logins without a password")
    parser.add_argument("--encoding", metavar="NAME", choices=ENCODINGS, help="cp1252 and others, of CSV")
    parser.add_argument(
        "--columns",
        metavar="FIELD=COLUMN,...",
        type=column_pairs,
        help="name=, account=, secret=, target=, note=, group=, kind=; or a remembered name",
    )
    parser.add_argument("--remember", metavar="NAME", help="a name for these columns, for the next time")
    parser.add_argument("--delimiter", metavar="CHARACTER", type=delimiter, help="what separates the cells")
    parser.add_argument(
        "--kind", metavar="KIND", choices=KINDS, help="hierarchy, pcanywhere or run-as, for all"
    )


def column_pairs(text: str) -> tuple[tuple[str, str], ...] | str:
    """Return `name=Title,account=User,secret=Password` as pairs, each field once; or the name of remembered
    columns. Raises ArgumentTypeError."""
    if "=" not in text:
        return text
    pairs = tuple(
        (field.strip(), column.strip()) for field, _, column in (p.partition("=") for p in text.split(","))
    )
    fields = [field for field, _ in pairs]
    if not all(column for _, column in pairs) or len(set(fields)) < len(fields):
        raise ArgumentTypeError("is not FIELD=COLUMN,..., each field once")
    if not set(fields) <= set(COLUMN_FIELDS) or not set(fields) >= set(NEEDED_FIELDS):
        raise ArgumentTypeError(f"takes {', '.join(COLUMN_FIELDS)}; {', '.join(NEEDED_FIELDS)} are needed")
    return pairs


def delimiter(text: str) -> str:
    """Return the one character; `tab` and a written \\t are a tab. Raises ArgumentTypeError."""
    character = "\t" if text.casefold() in ("tab", "\\t") else text
    if len(character) != 1 or character in '"\r\n' or character.isalnum():
        raise ArgumentTypeError("is not one character such as ';', or tab")
    return character

"""The grammar of `nskeys schema`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    parser = commands.command(
        "schema",
        "schema:run",
        "print the JSON Schema of a document of --json",
        usage="[NAME]",
        text=(
            "Each document says in its member 'schema' which one it keeps to: in\n"
            "'nskeys/status/1' the name is 'status'. A list is a JSON array of such\n"
            "documents. Without a name the names are printed."
        ),
        example="  nskeys schema status",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the document")

"""The grammar of `nskeys destination`."""

from nskeys.cli.grammar.parser import CommandParser, Commands


def add(commands: Commands) -> None:
    destinations = commands.group(
        "destination", "list, add, test and remove places for backups", shows="list"
    )
    destinations.command(
        "list",
        "destination:list_destinations",
        "list them, each looked at now",
        example="  nskeys destination list",
    )
    adding = destinations.command(
        "add",
        "destination:add_destination",
        "add one, or say something else about one",
        usage="DEST [--elsewhere TEXT] [--key-file F]",
        text=(
            "A folder on this machine's disk does not survive it. If its files are carried\n"
            "away by other means, say so once with --elsewhere, in words for whoever reads.\n"
            "A server is shown the keys of an agent and of ~/.ssh, or that in --key-file."
        ),
        example=(
            "  nskeys destination add sftp://backup@vault02/nskeys --key-file ~/.ssh/nskeys\n"
            '  nskeys destination add /srv/backups --elsewhere "tape to the safe, daily"'
        ),
    )
    _place(adding)
    adding.add_argument("--elsewhere", metavar="TEXT", default="", help="how its files leave this machine")
    adding.add_argument("--key-file", metavar="F", help="the private key to log in with")
    testing = destinations.command(
        "test",
        "destination:test_destination",
        "write something there, and remove it again",
        usage="DEST",
        example="  nskeys destination test /mnt/vault/nskeys",
    )
    _place(testing)
    trusting = destinations.command(
        "trust",
        "destination:trust_server",
        "trust the server of one by its host key",
        usage="DEST [--fingerprint HASH]",
        text=(
            "Without --fingerprint it shows the key's fingerprint. Compare it on the server\n"
            "itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; then repeat it here."
        ),
        example="  nskeys destination trust sftp://vault02/nskeys --fingerprint SHA256:XYZ",
    )
    _place(trusting)
    trusting.add_argument("--fingerprint", metavar="HASH", help="what the server itself says: SHA256:...")
    choosing = destinations.command(
        "default",
        "destination:default_destination",
        "make one the default for backups",
        usage="DEST",
        text="Without a default a backup goes where the last one went.",
        example="  nskeys destination default /mnt/vault/nskeys",
    )
    _place(choosing)
    removing = destinations.command(
        "remove",
        "destination:remove_destination",
        "remove one; its backups stay",
        usage="DEST",
        example="  nskeys destination remove /mnt/vault/nskeys",
    )
    _place(removing)


def _place(parser: CommandParser) -> None:
    parser.add_argument(
        "destination", metavar="DEST", help="a folder, sftp://user@host/path or s3://bucket/path"
    )

"""Commands one after the other in one process, to be watched from outside: `python typed_commands.py FILE`.

FILE holds a JSON list of argument lists. Standard output and error are the commands' own; the exit codes go
to FILE.codes. What was made in memory and is to stay there (file keys, identities, what is split) goes to
FILE.made, each byte of it inverted, so that no search for a secret finds it there.
"""

import json
import sys
from pathlib import Path
from typing import Any

from nskeys.archive.age.recipients import RecipientsRandomness
from nskeys.archive.age.scrypt import FileRandomness
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.cli.main import main
from nskeys.crypto import slip39
from nskeys.services.recovery import custodians
from tests.fakes.command_line import connect_cheaply


def noting(made: dict[str, bytes]) -> None:
    """From now on, keep what is made, under a name that says what it is."""

    def note(name: str, data: bytes) -> None:
        made[f"{name} {len(made)}"] = bytes(data)

    identity, split_secret = X25519Identity.new, slip39.new_split_secret
    under_password, to_recipients = FileRandomness.fresh, RecipientsRandomness.fresh

    def new_identity() -> X25519Identity:
        new = identity()
        note("identity", new.secret.reveal())
        with new.spelled() as line:
            note("identity's line", line.reveal())
        return new

    def new_split_secret() -> Any:
        new = split_secret()
        note("what is split", new.reveal())
        note("its password", new.reveal().hex().encode())
        return new

    def fresh() -> FileRandomness:
        new = under_password()
        note("file key", new.file_key)
        return new

    def fresh_to(count: int) -> RecipientsRandomness:
        new = to_recipients(count)
        note("file key", new.file_key)
        for ephemeral in new.ephemerals:
            note("key of a stanza", ephemeral.reveal())
        return new

    for owner, name, replacement in (
        (X25519Identity, "new", new_identity),
        (custodians, "new_split_secret", new_split_secret),
        (FileRandomness, "fresh", fresh),
        (RecipientsRandomness, "fresh", fresh_to),
    ):
        setattr(owner, name, replacement)


def inverted(data: bytes) -> bytes:
    """And the same again gives it back."""
    return bytes(byte ^ 0xFF for byte in data)


if __name__ == "__main__":
    commands = Path(sys.argv[1])
    made: dict[str, bytes] = {}
    noting(made)
    codes = [int(main(argv, connect_cheaply)) for argv in json.loads(commands.read_text())]
    commands.with_suffix(".codes").write_text(json.dumps(codes))
    commands.with_suffix(".made").write_text(
        json.dumps({name: inverted(data).hex() for name, data in made.items()})
    )

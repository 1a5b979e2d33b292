"""What every bad day has in common: one sentence of what happened, a way out, and nothing lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nskeys.cli.exit_codes import Exit
from tests.end_to_end.kill_judge import MARK, files_of
from tests.end_to_end.world import SECRETS, World, person
from tests.fakes.command_line import Ran, tree

STEERING = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F))) | frozenset(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
"""Control and bidirectional characters, which must not reach a terminal out of data."""


def refused(ran: Ran, code: int, *words: str) -> None:
    """It ended with this code and no data, and said in two sentences what happened and what to do."""
    assert ran.code == code, ran
    assert ran.out == ""
    told_well(ran)
    lines = ran.err.splitlines()
    what = next(at for at, line in enumerate(lines) if line.startswith("nskeys"))
    assert [line[-1] for line in lines[what:]] == [".", "."], ran.err
    for word in words:
        assert word in ran.err, ran.err


def told_well(ran: Ran) -> None:
    """No secret, no traceback, no bug, and nothing that steers a terminal."""
    said = ran.out + ran.err
    assert MARK not in said
    assert "Traceback" not in said
    assert "bug" not in ran.err.lower()
    assert ran.code != Exit.BUG
    assert not STEERING & set(said.replace("\n", ""))


@contextmanager
def nothing_changes(world: World) -> Iterator[None]:
    """Not a byte in home and vault."""
    before = tree(world.home), tree(world.vault)
    yield
    assert (tree(world.home), tree(world.vault)) == before


def everything_is_whole(world: World) -> None:
    """Every secret of the installation opens, its trail is whole, and no file holds a secret."""
    services = world.services
    proof = services.verify.execute(person())
    assert (proof.opened, proof.failures) == (len(SECRETS), ())
    for reference, secret in SECRETS.items():
        with services.credentials.reveal(services.credentials.show(reference), person()) as revealed:
            assert revealed.text() == secret
    assert services.audit.verify().broken_at is None
    nothing_is_readable(world)


def nothing_is_readable(world: World) -> None:
    """No file of nskeys holds anything marked."""
    for path in files_of(world):
        assert MARK.encode() not in path.read_bytes(), path


def parts_left(world: World) -> list[Path]:
    """Temporary files that nobody removed yet."""
    return [path for place in (world.home, world.vault) for path in place.rglob("*.part")]

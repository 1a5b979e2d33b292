"""The commands that are struck at every call: what is there before, and how to tell that they are done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from nskeys.bootstrap import Services
from nskeys.cli.exit_codes import Exit
from nskeys.model.keys import RotationStage
from tests.end_to_end.world import SECRETS, World
from tests.fakes.server_keys import signed_by


@dataclass(frozen=True)
class Command:
    """One command, to be struck."""

    argv: Callable[[World], Sequence[str]]
    prepare: Callable[[World], None]
    """What was done before it."""
    is_done: Callable[[Services], bool]
    """Whether everything it is for was done; then its last words were all that was still to come."""
    code: int = Exit.DONE
    """How it ends when nothing strikes."""
    again: frozenset[int] = frozenset()
    """How else it may end when it is run once more after it was done."""
    brings_keys: bool = False
    """Whether there are no keys before it."""
    brings_secrets: bool = False
    """Whether no credential opens before it."""
    brings_rows: bool = False
    """Whether there is no CMDB before it."""
    removes: bool = False
    """Whether files go away by it."""
    leaves: tuple[str, ...] = ()
    """What it leaves in the home besides what is always there; each with wildcards."""
    always: bool = True
    """Whether it is walked in every run of the tests."""


def _init(world: World) -> Sequence[str]:
    return ("init", "--server-name", "ns01.example.net", "--protector", "passphrase")


def _backup(world: World) -> Sequence[str]:
    return ("backup", "--password-file", world.password)


def _restore(world: World) -> Sequence[str]:
    (archive,) = world.key_backups
    confirmed = signed_by(archive)
    return ("restore", "latest", "--password-file", world.password, "--protector", "passphrase", *confirmed)


def _restore_both(world: World) -> Sequence[str]:
    (archive,) = world.key_backups
    confirmed = signed_by(archive)
    how = ("--password-file", world.password, "--protector", "passphrase")
    return ("restore", str(world.vault), *how, *confirmed)


def _add_by_restore(world: World) -> Sequence[str]:
    (archive,) = world.key_backups
    return ("restore", str(archive), "--password-file", world.password, *signed_by(archive))


def _copy(world: World) -> Sequence[str]:
    return ("database", "copy", "--to", str(world.vault))


def _move(world: World) -> Sequence[str]:
    return ("database", "move", str(world.other_database), "--yes")


def _prune(world: World) -> Sequence[str]:
    return ("prune", "--keep-last", "1", "--keep-monthly", "0")


def _rotate(world: World) -> Sequence[str]:
    return ("key", "rotate")


def _change(world: World) -> Sequence[str]:
    return ("protector", "change", "passphrase", "--new-passphrase-file", world.passphrase)


def _nothing(world: World) -> None:
    world.begin()


def _backed_up(world: World, protector: str = "file") -> None:
    world.begin()
    world.set_up(protector)
    world.back_up()


def _backed_up_twice(world: World) -> None:
    _backed_up(world)
    world.back_up()


def _changed_since(world: World) -> None:
    _backed_up(world)
    world.add("run-as/one-more")


def _lost(world: World) -> None:
    _backed_up(world)
    world.lose_all_but_the_database()


def _everything_lost(world: World) -> None:
    _backed_up(world)
    world.does("database", "copy", "--to", str(world.vault))
    world.lose_everything()


def _given_up_too_early(world: World) -> None:
    _lost(world)
    world.does("init", "--server-name", "ns01.example.net", "--protector", "file", "--accept-loss", "5")


def _new_key_backed_up(world: World) -> None:
    _backed_up(world, "passphrase")
    world.does("key", "rotate", codes=frozenset({Exit.INCOMPLETE}))
    world.back_up()


def _keys_are_here(services: Services) -> bool:
    return services.installation.key_store.exists()


def _second_backup(services: Services) -> bool:
    newest = services.register.copies()[0]
    registry = services.installation.registry.read()
    return newest.backup.generation >= 2 and registry.backup_date == newest.backup.created


def _copy_has_all(services: Services) -> bool:
    newest = services.database.copies()[:1]
    return [copy.copy.credentials for copy in newest] == [len(SECRETS) + 1]


def _is_moved(services: Services) -> bool:
    there = Path(services.installation.cmdb.address())
    return there.name == "other.sqlite3" and not there.with_name("cmdb.sqlite3").exists()


def _both_keys(services: Services) -> bool:
    return len(services.installation.key_store.keys()) == 2


def _key_waits(services: Services) -> bool:
    rotation = services.recoverability.overview().rotation
    return rotation is not None and rotation.stage is RotationStage.WAITING


def _one_copy_is_left(services: Services) -> bool:
    return [copy.backup.generation for copy in services.register.copies() if not copy.retired] == [2]


def _under_a_passphrase(services: Services) -> bool:
    return services.protection.show().protector == "passphrase"


def _rotated(services: Services) -> bool:
    with services.installation.cmdb.reading() as view:
        rotation = view.rotation()
    return rotation is None


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "init": Command(
            _init, _nothing, _keys_are_here, again=frozenset({Exit.CANNOT_CREATE}), brings_keys=True
        ),
        "backup": Command(_backup, _backed_up, _second_backup),
        # A backup makes the copy too, after the keys.
        "database copy": Command(_copy, _changed_since, _copy_has_all, always=False),
        "database move": Command(
            _move,
            _backed_up,
            _is_moved,
            again=frozenset({Exit.CANNOT_CREATE}),
            leaves=("other.sqlite3", "cmdb.sqlite3.moved-*"),
        ),
        "prune": Command(_prune, _backed_up_twice, _one_copy_is_left, removes=True),
        "restore": Command(_restore, _lost, _keys_are_here, brings_keys=True, brings_secrets=True),
        "restore of both halves": Command(
            _restore_both,
            _everything_lost,
            _keys_are_here,
            brings_keys=True,
            brings_secrets=True,
            brings_rows=True,
        ),
        "restore beside other keys": Command(
            _add_by_restore, _given_up_too_early, _both_keys, brings_secrets=True, always=False
        ),
        "rotation begins": Command(_rotate, _backed_up, _key_waits, code=Exit.INCOMPLETE),
        # Store and record alone are walked by the key store's test_kills.py, under every protector.
        "protector change": Command(_change, _backed_up, _under_a_passphrase, always=False),
        # Run once more after it was done, it begins the next rotation.
        "rotation re-seals": Command(
            _rotate, _new_key_backed_up, _rotated, again=frozenset({Exit.INCOMPLETE})
        ),
    }
)
"""Every command that is walked, by name."""

"""The key store on a disk that is in another machine: what stays there, and what a death leaves."""

from pathlib import Path

import pytest

from nskeys import files
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, Protector
from nskeys.protectors.catalogue import protector
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.dying import Killed
from tests.fakes.fixed import NobodyToAsk
from tests.fakes.keys import establish, new_key, wrap_anew
from tests.fakes.memory_protector import MachineProtector

NOBODY = NobodyToAsk()
PLAIN = protector("file")
WRITES = ("make_folder", "write_new", "replace", "remove", "remove_folder")


class Disk:
    """A home whose keys are bound to a machine that it is not in any more."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.key = new_key()
        self.seed = new_server_seed()
        self.machine = machine = MachineProtector()
        self.bound_to = machine.machine
        self._named = {"machine": machine, "file": PLAIN}
        establish(self.again(), machine, NOBODY, [self.key], self.seed)
        machine.machine = "new hardware"

    def again(self) -> DiskKeyStore:
        """The store, in a new process."""

        def named(name: str) -> Protector:
            return self._named[name]

        return DiskKeyStore(self.home / "store", self.home / "server.pub", named)

    def generations(self) -> list[str]:
        return sorted(path.name for path in (self.home / "store").iterdir() if path.is_dir())


def test_keys_that_only_the_old_store_has_stay_on_the_disk(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    store = disk.again()
    establish(store, PLAIN, NOBODY, [new_key()], disk.seed)
    assert disk.generations() == ["1", "2"]
    store.sweep()
    assert disk.generations() == ["1", "2"]
    wrap_anew(store, PLAIN, NOBODY, NOBODY)
    store.sweep()
    assert disk.generations() == ["1", "3"]


def test_back_in_its_machine_the_old_store_opens_once_it_is_named_again(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    establish(disk.again(), PLAIN, NOBODY, [new_key()], disk.seed)
    disk.machine.machine = disk.bound_to
    (tmp_path / "store" / "current").write_text("1\n")
    store = disk.again()
    store.sweep()
    assert disk.generations() == ["1", "2"]
    with store.unlock(NOBODY) as keys:
        assert keys.key(disk.key.info.kid).same_as(disk.key.material)


def test_a_store_whose_keys_are_all_here_again_is_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    establish(disk.again(), PLAIN, NOBODY, [disk.key, new_key()], disk.seed)
    disk.again().sweep()
    assert disk.generations() == ["2"]


@pytest.mark.parametrize("same_server", [True, False])
def test_killed_anywhere_it_is_bound_elsewhere_or_replaced_and_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_server: bool
) -> None:
    for last in range(1, 100):
        disk = Disk(tmp_path / str(last))
        seed = disk.seed if same_server else new_server_seed()
        with monkeypatch.context() as patch:
            _mortal(patch, last)
            try:
                establish(disk.again(), PLAIN, NOBODY, [disk.key], seed)
            except Killed:
                died = True
            else:
                died = False
        _is_whole(disk, [disk.key], seed)
        if not died:
            assert last > 6
            return
    raise AssertionError("it never came to its end")


def _mortal(patch: pytest.MonkeyPatch, last: int) -> None:
    """The process is gone before its `last` call that writes."""
    calls = [0]

    def dying(real: object) -> object:
        def call(*given: object, **named: object) -> object:
            calls[0] += 1
            if calls[0] == last:
                raise Killed
            assert callable(real)
            return real(*given, **named)

        return call

    for name in WRITES:
        patch.setattr(files, name, dying(getattr(files, name)))


def _is_whole(disk: Disk, keys: list[NewKey], seed: SecretBytes) -> None:
    store = disk.again()
    if store.elsewhere():
        assert store.server_public() == public_of(disk.seed) or store.server_public() is None
        store.sweep()
        establish(store, PLAIN, NOBODY, keys, seed)
    assert store.server_public() in (public_of(seed), None)
    store.sweep()
    with store.unlock(NOBODY) as opened:
        for key in keys:
            assert opened.key(key.info.kid).same_as(key.material)
        assert opened.server_key().same_as(seed)

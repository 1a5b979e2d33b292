"""The work that is killed or loses power in tests, with the same keys each time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from nskeys.crypto.age_primitives import x25519_public
from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import copy_thumbprint, thumbprint
from nskeys.model.copy_keys import CopyKey, HeldCopyKey
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, Purpose
from nskeys.protectors.catalogue import protector
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.fixed import AFTERNOON, Answers, NobodyToAsk
from tests.fakes.keys import establish, stored, wrap_anew
from tests.fakes.token import PIN

PASSPHRASE = "correct horse"


def _key(number: int, state: KeyState) -> NewKey:
    material = SecretBytes(bytes([number]) * 32)
    created = AFTERNOON + timedelta(hours=number)
    return NewKey(KeyInfo(thumbprint(material), created, state, created), material)


FIRST = _key(1, KeyState.ACTIVE)
SECOND = _key(2, KeyState.ACTIVE)
SEED = SecretBytes(b"\x07" * 32)
_PRIVATE = SecretBytes(b"\x08" * 32)
COPY_KEY = HeldCopyKey(CopyKey(copy_thumbprint(x25519_public(_PRIVATE)), AFTERNOON), _PRIVATE)


_CHEAP = Argon2Cost(memory_kib=8, iterations=1, lanes=1)


def store_in(home: Path) -> DiskKeyStore:
    """The key store of a home."""
    return DiskKeyStore(home / "store", home / "server.pub", protector)


def person() -> Answers:
    """Somebody who knows the passphrase, and the PIN of every token."""
    asked = {Purpose.NEW_PASSPHRASE: [PASSPHRASE], Purpose.PASSPHRASE: [PASSPHRASE] * 3}
    return Answers({**asked, Purpose.PIN: [PIN] * 9})


def create(home: Path) -> None:
    """A store with one key."""
    establish(store_in(home), protector("file"), NobodyToAsk(), [FIRST], SEED)


def add(home: Path) -> None:
    """A second key."""
    with store_in(home).unlock(NobodyToAsk()) as opened:
        opened.add([SECOND])


def add_copy_key(home: Path) -> None:
    """A copy key."""
    with store_in(home).unlock(NobodyToAsk()) as opened:
        opened.add_copy_keys([COPY_KEY])


def rewrap(home: Path) -> None:
    """The two keys, and the copy key, under a passphrase."""
    wrap_anew(store_in(home), protector("passphrase", _CHEAP), NobodyToAsk(), person())


WORK: dict[str, Callable[[Path], None]] = {
    "create": create,
    "add": add,
    "add copy key": add_copy_key,
    "rewrap": rewrap,
}
BEFORE = {
    "create": (),
    "add": (create,),
    "add copy key": (create, add),
    "rewrap": (create, add, add_copy_key),
}


# --- from one protector to another ----------------------------------------------------------------------


def bound(home: Path, uri: str) -> Path:
    """A home with one key, under a protector."""
    home.mkdir()
    establish(store_in(home), protector(uri, _CHEAP), person(), [FIRST], SEED)
    return home


def bind_to(home: Path, uri: str) -> None:
    """Under another one."""
    wrap_anew(store_in(home), protector(uri, _CHEAP), person(), person())


def bound_by(home: Path) -> str:
    """Which protector it is now. Fails where what is there is not whole, or does not open."""
    store = store_in(home)
    with store.unlock(person()) as opened:
        assert opened.key(FIRST.info.kid).same_as(FIRST.material)
        assert opened.server_key().same_as(SEED)
    assert store.keys() == stored(FIRST)
    return store.info().protector


def base_for(name: str, home: Path) -> Path:
    """A home in which that work is the next to be done."""
    home.mkdir()
    for work in BEFORE[name]:
        work(home)
    return home


def is_done(name: str, home: Path) -> bool:
    """Whether the work took effect. Fails if what is there is neither the old nor the new, whole."""
    store = store_in(home)
    if name == "create" and not store.exists():
        return False
    here = store.keys()
    with store.unlock(person()) as opened:
        for info, key in zip(here, (FIRST, SECOND), strict=False):
            assert opened.key(info.kid).same_as(key.material)
        assert opened.server_key().same_as(SEED)
        copy_keys = store.copy_keys()
        assert copy_keys in ((), (COPY_KEY.key,))
        for copy_key in copy_keys:
            assert opened.copy_key(copy_key.kid).secret.same_as(COPY_KEY.secret)
    if name == "create":
        assert here == stored(FIRST)
        return True
    assert here in (stored(FIRST), stored(FIRST, SECOND))
    added = len(here) == 2
    if name == "add":
        return added
    assert added
    if name == "add copy key":
        return bool(copy_keys)
    assert copy_keys
    return store.info().protector == "passphrase"


def finish(name: str, home: Path) -> None:
    """What the next start does: sweep, and the work if it has not taken effect."""
    done = is_done(name, home)
    store_in(home).sweep()
    assert is_done(name, home) >= done, "a sweep takes nothing back"
    if not is_done(name, home):
        WORK[name](home)
    assert is_done(name, home)
    assert left_behind(home) == []


def left_behind(home: Path) -> list[str]:
    """Files and folders that belong to no store."""
    store = store_in(home)
    number = str(store.info().generation)
    wanted = {home / name for name in ("server.pub", "store", "store/current")}
    generation = home / "store" / number
    wanted |= {generation, *(generation / name for name in ("protector.json", "server.json", "keys"))}
    wanted |= {generation / "keys" / f"{info.kid}.json" for info in store.keys()}
    if copy_keys := store.copy_keys():
        folder = generation / "copy-keys"
        wanted |= {folder, *(folder / f"{key.kid}.json" for key in copy_keys)}
    return sorted(str(path.relative_to(home)) for path in {*home.rglob("*")} ^ wanted)

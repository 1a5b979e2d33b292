"""The work that is killed or loses power in tests, with the same keys each time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import thumbprint
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, Purpose
from nskeys.protectors.catalogue import protector
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.fixed import AFTERNOON, Answers, NobodyToAsk
from tests.fakes.token import PIN

CMDB = "c0" * 16
PASSPHRASE = "correct horse"
LATER = AFTERNOON + timedelta(days=1)


def _key(number: int, state: KeyState) -> NewKey:
    material = SecretBytes(bytes([number]) * 32)
    created = AFTERNOON + timedelta(hours=number)
    return NewKey(KeyInfo(thumbprint(material), created, state, created), material)


FIRST = _key(1, KeyState.ACTIVE)
SECOND = _key(2, KeyState.ACTIVE)
SEED = SecretBytes(b"\x07" * 32)
RETIRED = FIRST.info.in_state(KeyState.DEACTIVATED, LATER)


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
    store_in(home).create(CMDB, protector("file"), NobodyToAsk(), [FIRST], SEED)


def change(home: Path) -> None:
    """A second key, and another state for the first."""
    with store_in(home).unlock(NobodyToAsk()) as opened:
        opened.change(add=[SECOND], states=[RETIRED])


def rewrap(home: Path) -> None:
    """The two keys under a passphrase."""
    store_in(home).rewrap(protector("passphrase", _CHEAP), NobodyToAsk(), person())


WORK: dict[str, Callable[[Path], None]] = {"create": create, "change": change, "rewrap": rewrap}
BEFORE = {"create": (), "change": (create,), "rewrap": (create, change)}


# --- from one protector to another ----------------------------------------------------------------------


def bound(home: Path, uri: str) -> Path:
    """A home with one key, under a protector."""
    home.mkdir()
    store_in(home).create(CMDB, protector(uri, _CHEAP), person(), [FIRST], SEED)
    return home


def bind_to(home: Path, uri: str) -> None:
    """Under another one."""
    store_in(home).rewrap(protector(uri, _CHEAP), person(), person())


def bound_by(home: Path) -> str:
    """Which protector it is now. Fails where what is there is not whole, or does not open."""
    store = store_in(home)
    with store.unlock(person()) as opened:
        assert opened.key(FIRST.info.kid).same_as(FIRST.material)
        assert opened.server_key().same_as(SEED)
    assert store.keys() == (FIRST.info,)
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
    infos = store.keys()
    with store.unlock(person()) as opened:
        for info, key in zip(infos, (FIRST, SECOND), strict=False):
            assert opened.key(info.kid).same_as(key.material)
        assert opened.server_key().same_as(SEED)
    if name == "create":
        assert infos == (FIRST.info,)
        return True
    assert infos in ((FIRST.info,), (RETIRED, SECOND.info))
    changed = len(infos) == 2
    if name == "change":
        return changed
    assert changed
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
    return sorted(str(path.relative_to(home)) for path in {*home.rglob("*")} ^ wanted)

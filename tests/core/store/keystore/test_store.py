"""The key store on disk: what lies there, and what happens where it is not as it was written."""

import base64
import errno
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import new_server_seed, server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import wrap_key
from nskeys.errors import (
    CannotCreate,
    KeyStoreDamaged,
    KeyStoreElsewhere,
    NewerVersion,
    NotPermitted,
    PlanOutdated,
    ProtectorUnavailable,
)
from nskeys.model.keys import StoredKey
from nskeys.model.secret import SecretBytes
from nskeys.model.times import to_rfc3339
from nskeys.ports import UNKNOWN_PROTECTOR, NewKey, Protector, Purpose, SecretProvider, Wrapped
from nskeys.protectors.catalogue import protector
from nskeys.protectors.passphrase import PassphraseProtector
from nskeys.reasons import Problem
from nskeys.store.keystore.files import (
    KeyRecord,
    ServerRecord,
    key_bytes,
    read_key,
    read_server,
    read_store,
    server_bytes,
    server_pub_bytes,
)
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.disks import fill, public_folder, small_disk, unprivileged
from tests.fakes.fixed import AFTERNOON, Answers, NobodyToAsk
from tests.fakes.keys import CMDB, establish, new_key, stored, wrap_anew
from tests.fakes.memory_protector import MachineProtector

LATER = AFTERNOON + timedelta(days=1)
PLAIN = protector("file")
QUICK = Argon2Cost(memory_kib=8, iterations=1, lanes=1)
ASKING = protector("passphrase", QUICK)


class Home:
    """A home with a key store of two keys."""

    def __init__(self, path: Path, protector_used: Protector = PLAIN) -> None:
        self.path = path
        self.keys = [new_key(), new_key(created=LATER)]
        self.seed = new_server_seed()
        self.person = Answers({Purpose.NEW_PASSPHRASE: ["correct horse"]})
        self.store = self.again()
        establish(self.store, protector_used, self.person, self.keys, self.seed)

    def again(self) -> DiskKeyStore:
        """The store as another process sees it."""
        return DiskKeyStore(self.path / "store", self.path / "server.pub", protector)

    @property
    def generation(self) -> Path:
        return self.path / "store" / (self.path / "store" / "current").read_text().strip()

    def key_json(self, key: NewKey) -> Path:
        return self.generation / "keys" / f"{key.info.kid}.json"

    def files(self) -> list[Path]:
        return sorted(path for path in self.path.rglob("*") if path.is_file())

    def snapshot(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.path)): path.read_bytes() for path in self.files()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


def power_fails(path: Path, *_: object) -> None:
    """In place of a call that would have gone on."""
    raise CannotCreate(str(path), Problem.IO_ERROR)


def uses(store: DiskKeyStore) -> Iterator[Callable[[], object]]:
    """Everything that reads the whole store."""
    yield store.keys
    yield store.info
    yield lambda: store.unlock(NobodyToAsk()).__enter__()
    yield lambda: store.opens_with(SecretBytes.from_text("x"))
    yield store.server_public


def _wrapped_for(key: NewKey, kek: SecretBytes, store_id: str) -> bytes:
    """Another key, wrapped as if it were this one."""
    created = to_rfc3339(key.info.created)
    return wrap_key(kek, store_id, key.info.kid, new_key().material, created)


def test_the_files_are_those_of_the_format_and_their_owners_only(home: Home) -> None:
    assert home.snapshot().keys() == {
        "server.pub",
        "store/current",
        "store/1/protector.json",
        "store/1/server.json",
        *(f"store/1/keys/{key.info.kid}.json" for key in home.keys),
    }
    assert home.snapshot()["store/current"] == b"1\n"
    for path in home.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_no_secret_is_ever_on_the_disk(tmp_path: Path) -> None:
    home = Home(tmp_path, ASKING)
    home.keys.append(new_key(created=LATER))
    with home.store.unlock(Answers({Purpose.PASSPHRASE: ["correct horse"]})) as opened:
        opened.add(home.keys[2:])
    everything = b"".join(home.snapshot().values())
    for secret in (*(key.material.reveal() for key in home.keys), home.seed.reveal(), b"correct horse"):
        for form in (
            secret,
            secret.hex().encode(),
            base64.b64encode(secret).rstrip(b"="),
            base64.urlsafe_b64encode(secret).rstrip(b"="),
        ):
            assert form not in everything


def test_a_new_protector_leaves_nothing_of_the_old_generation(home: Home) -> None:
    before = home.snapshot()
    wrap_anew(home.store, ASKING, NobodyToAsk(), Answers({Purpose.NEW_PASSPHRASE: ["new one"]}))
    after = home.snapshot()
    assert {name.split("/")[1] for name in after if name.startswith("store/")} == {"current", "2"}
    assert after["server.pub"] == before["server.pub"]
    for key in home.keys:
        name = f"keys/{key.info.kid}.json"
        assert after[f"store/2/{name}"] != before[f"store/1/{name}"]


def test_a_file_that_was_lost_is_damage_and_not_a_new_installation(home: Home) -> None:
    for path in home.files():
        if path.name in ("current", "server.pub"):
            continue
        data = path.read_bytes()
        path.unlink()
        if path.parent.name != "keys":  # which keys there should be, the CMDB knows
            with pytest.raises(KeyStoreDamaged) as damaged, home.again().unlock(NobodyToAsk()):
                raise AssertionError("it opened")
            assert (damaged.value.path, damaged.value.problem) == (str(path), "missing")
        assert home.again().exists()
        path.write_bytes(data)
    shutil.rmtree(home.generation)
    assert home.again().exists()
    with pytest.raises(KeyStoreDamaged):
        home.again().info()


def test_a_damaged_file_is_named(home: Home) -> None:
    for path in home.files():
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        raised = []
        for use in uses(home.again()):
            try:
                use()
            except KeyStoreDamaged as damaged:
                raised.append(damaged.path)
        assert set(raised) == {str(path)}, path
        path.write_bytes(data)
    for use in uses(home.again()):
        use()


def test_a_store_of_a_newer_program_is_left_alone(home: Home) -> None:
    path = home.generation / "protector.json"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    before = home.snapshot()
    with pytest.raises(NewerVersion):
        home.again().info()
    with pytest.raises(NewerVersion):
        wrap_anew(home.again(), PLAIN, NobodyToAsk(), NobodyToAsk())
    assert home.snapshot() == before


def test_one_keys_file_under_another_keys_name_is_not_that_key(home: Home) -> None:
    one, other = (home.key_json(key) for key in home.keys)
    one.write_bytes(other.read_bytes())
    with pytest.raises(KeyStoreDamaged) as damaged:
        home.again().keys()
    assert (damaged.value.path, damaged.value.problem) == (str(one), "wrong_key")


def test_another_wrapped_key_in_a_keys_file_does_not_open(home: Home) -> None:
    """A forger can make the hash right, but neither the tag nor the thumbprint."""
    one, other = home.keys
    taken = read_key("", home.key_json(other).read_bytes(), other.info.kid).wrapped
    home.key_json(one).write_bytes(key_bytes(KeyRecord(stored(one)[0], taken)))
    with home.again().unlock(NobodyToAsk()) as opened:
        with pytest.raises(KeyStoreDamaged) as damaged:
            opened.key(one.info.kid)
        assert opened.key(other.info.kid).same_as(other.material)
    assert (damaged.value.path, damaged.value.problem) == (str(home.key_json(one)), "does_not_open")


def test_a_key_that_was_exchanged_by_who_has_the_kek_is_not_that_key(home: Home) -> None:
    """Its thumbprint is recomputed whenever it is loaded, in a file and in the backup alike."""
    store = read_store("", (home.generation / "protector.json").read_bytes())
    kek = PLAIN.unwrap(Wrapped(store.parameters), store.store_id, NobodyToAsk())
    info, path = home.keys[0].info, home.key_json(home.keys[0])
    path.write_bytes(
        key_bytes(KeyRecord(stored(home.keys[0])[0], _wrapped_for(home.keys[0], kek, store.store_id)))
    )
    server = home.generation / "server.json"
    public = read_server("", server.read_bytes()).public
    forged = wrap_key(kek, store.store_id, server_thumbprint(public), new_server_seed())
    server.write_bytes(server_bytes(ServerRecord(public, forged)))
    with home.again().unlock(NobodyToAsk()) as opened:
        loads: dict[Path, Callable[[], SecretBytes]] = {
            path: lambda: opened.key(info.kid),
            server: opened.server_key,
        }
        for file, load in loads.items():
            with pytest.raises(KeyStoreDamaged) as damaged:
                load()
            assert (damaged.value.path, damaged.value.problem) == (str(file), "wrong_key")


def test_a_key_that_is_here_but_does_not_open_is_not_taken_for_present(home: Home) -> None:
    key = home.keys[0]
    home.key_json(key).write_bytes(key_bytes(KeyRecord(stored(key)[0], bytes(61))))
    with home.again().unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged):
        opened.add([key])


def test_a_creation_that_was_broken_off_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "store" / "new-1" / "keys").mkdir(parents=True)
    (tmp_path / "store" / "new-1" / "protector.json").write_bytes(b"half")
    there = DiskKeyStore(tmp_path / "store", tmp_path / "server.pub", protector)
    assert not there.exists()
    there.sweep()
    home = Home(tmp_path)
    assert len(home.again().keys()) == 2
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["1", "current"]


def test_a_server_key_that_is_not_this_stores_is_noticed(home: Home) -> None:
    public = home.path / "server.pub"
    public.write_bytes(server_pub_bytes(bytes(32)))
    with pytest.raises(KeyStoreDamaged) as damaged:
        home.again().server_public()
    assert (damaged.value.path, damaged.value.problem) == (str(public), "wrong_key")
    public.unlink()
    assert home.again().server_public() == public_of(home.seed)


@pytest.mark.parametrize(
    "text", [b"", b"0\n", b"1", b"-1\n", b"1\n\n", b"01\n", b"x\n", b"\xff\n", b"9" * 5000, b"../1"]
)
def test_a_pointer_that_points_nowhere_is_damage(home: Home, text: bytes) -> None:
    (home.path / "store" / "current").write_bytes(text)
    before = home.snapshot()
    for use in (home.again().exists, home.again().keys, home.again().sweep):
        with pytest.raises(KeyStoreDamaged):
            use()
    assert home.snapshot() == before


def test_a_lost_pointer_loses_no_keys(home: Home) -> None:
    (home.path / "store" / "current").unlink()
    assert home.again().exists()
    assert [info.kid for info in home.again().keys()] == [key.info.kid for key in home.keys]
    home.again().sweep()
    assert home.snapshot()["store/current"] == b"1\n"


def test_between_two_generations_without_a_pointer_nobody_chooses(home: Home) -> None:
    shutil.copytree(home.generation, home.path / "store" / "2")
    (home.path / "store" / "current").unlink()
    before = home.snapshot()
    for use in (home.again().exists, home.again().info, home.again().sweep):
        with pytest.raises(KeyStoreDamaged):
            use()
    assert home.snapshot() == before


def test_a_sweep_removes_superseded_generations_but_no_key_that_only_they_hold(
    home: Home, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Home(tmp_path / "other")
    shutil.copytree(home.generation, home.path / "store" / "7")
    shutil.copytree(other.generation, home.path / "store" / "8")
    shutil.copytree(home.generation, home.path / "store" / "new-9")
    (home.path / "store" / "notes.txt").write_bytes(b"a person's")
    home.again().sweep()
    left = sorted(path.name for path in (home.path / "store").iterdir())
    assert left == ["1", "8", "current", "notes.txt"]
    wrap_anew(home.again(), PLAIN, NobodyToAsk(), NobodyToAsk())
    assert home.again().info().generation == 9
    left = sorted(path.name for path in (home.path / "store").iterdir())
    assert left == ["8", "9", "current", "notes.txt"]


def test_a_sweep_removes_nothing_while_the_store_is_damaged(home: Home) -> None:
    shutil.copytree(home.generation, home.path / "store" / "7")
    home.key_json(home.keys[0]).write_bytes(b"{}")
    before = home.snapshot()
    home.again().sweep()
    assert home.snapshot() == before


def test_a_sweep_takes_temporary_files_and_leaves_others(home: Home) -> None:
    before = home.snapshot()
    for folder in (home.path, home.path / "store", home.generation, home.generation / "keys"):
        (folder / ".nskeys-0011223344556677.part").write_bytes(b"half")
        (folder / "editor.json~").write_bytes(b"a person's")
    assert len(home.again().keys()) == 2
    home.again().sweep()
    assert {name for name in home.snapshot() if not name.endswith("~")} == before.keys()
    assert len([name for name in home.snapshot() if name.endswith("~")]) == 4


def test_a_key_that_is_older_or_newer_than_it_was_does_not_open(home: Home) -> None:
    one = home.keys[0]
    record = read_key("", home.key_json(one).read_bytes(), one.info.kid)
    later = StoredKey(one.info.kid, LATER)
    home.key_json(one).write_bytes(key_bytes(KeyRecord(later, record.wrapped)))
    with home.again().unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged) as damaged:
        opened.key(one.info.kid)
    assert damaged.value.problem == "does_not_open"


def test_an_empty_file_of_a_key_is_no_key_and_is_written_by_whoever_adds_it(home: Home) -> None:
    """What a kill leaves where a filesystem can neither link nor rename without replacing."""
    fresh = new_key(created=LATER + timedelta(days=1))
    home.key_json(fresh).touch()
    assert home.again().keys() == stored(*home.keys)
    with home.again().unlock(NobodyToAsk()) as opened:
        with pytest.raises(KeyStoreDamaged) as damaged:
            opened.key(fresh.info.kid)
        assert damaged.value.path == str(home.key_json(fresh))
        opened.add([fresh])
    assert home.again().keys() == stored(*home.keys, fresh)
    with home.again().unlock(NobodyToAsk()) as opened:
        assert opened.key(fresh.info.kid).same_as(fresh.material)


def test_a_superseded_generation_with_an_empty_file_of_a_key_is_swept(home: Home) -> None:
    shutil.copytree(home.generation, home.path / "store" / "7")
    (home.path / "store" / "7" / "keys" / f"{'ab' * 32}.json").touch()
    home.again().sweep()
    assert not (home.path / "store" / "7").exists()


def test_no_file_changes_once_it_is_written(home: Home) -> None:
    before = home.snapshot()
    with home.store.unlock(NobodyToAsk()) as opened:
        opened.add([new_key(created=LATER + timedelta(days=1))])
    assert before.items() <= home.snapshot().items()


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "128k") as disk:
        home = Home(disk)
        before = home.snapshot()
        filling = fill(disk)
        with home.store.unlock(NobodyToAsk()) as opened, pytest.raises(CannotCreate) as full:
            opened.add([new_key()])
        assert full.value.problem == "no_space"
        with pytest.raises(CannotCreate):
            wrap_anew(home.store, PLAIN, NobodyToAsk(), NobodyToAsk())
        filling.unlink()
        home.again().sweep()
        assert home.snapshot() == before


def test_a_store_that_was_wrapped_anew_meanwhile_is_read_as_it_was_and_not_changed(home: Home) -> None:
    with home.store.unlock(NobodyToAsk()) as opened:
        wrap_anew(home.again(), PLAIN, NobodyToAsk(), NobodyToAsk())
        assert opened.key(home.keys[0].info.kid).same_as(home.keys[0].material)
        assert opened.server_key().same_as(home.seed)
        with pytest.raises(PlanOutdated):
            opened.add([new_key()])
    assert len(home.again().keys()) == 2


def test_a_reader_beside_a_new_generation_sees_one_of_them_whole(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    finished = threading.Event()

    def wrap_often() -> None:
        try:
            for _ in range(12):
                wrap_anew(home.again(), PLAIN, NobodyToAsk(), NobodyToAsk())
        finally:
            finished.set()

    thread = threading.Thread(target=wrap_often)
    thread.start()
    looks = 0
    while not finished.is_set() or looks == 0:
        assert home.again().keys() == stored(*home.keys)
        looks += 1
    thread.join()


def test_a_protector_of_another_machine_is_told_from_damage(tmp_path: Path) -> None:
    machine = MachineProtector()
    store = DiskKeyStore(tmp_path / "store", tmp_path / "server.pub", lambda name: machine)
    establish(store, machine, NobodyToAsk(), [new_key()], new_server_seed())
    machine.machine = "new hardware"
    with pytest.raises(KeyStoreElsewhere), store.unlock(NobodyToAsk()):
        raise AssertionError("it opened")
    assert store.info().protector == "machine"
    with (
        pytest.raises(ProtectorUnavailable),
        DiskKeyStore(tmp_path / "store", tmp_path / "server.pub", protector).unlock(NobodyToAsk()),
    ):
        raise AssertionError("it opened")


def test_a_protector_that_does_not_open_what_it_wrapped_is_found_out_before_it_is_believed(
    home: Home,
) -> None:
    class Forgetful(MachineProtector):
        def unwrap(self, *_: object) -> SecretBytes:
            return SecretBytes(bytes(32))

    class Wrong(PassphraseProtector):
        def wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Wrapped:
            return super().wrap(kek, "a5" * 16, secrets)

    before = home.snapshot()
    person = Answers({Purpose.NEW_PASSPHRASE: ["new one"], Purpose.PASSPHRASE: ["never asked for"]})
    for broken in (Forgetful(), Wrong(QUICK)):
        with pytest.raises(KeyStoreDamaged):
            wrap_anew(home.store, broken, NobodyToAsk(), person)
        home.again().sweep()
        assert home.snapshot() == before
    assert [request.purpose for request, _ in person.asked] == [Purpose.NEW_PASSPHRASE]


def test_a_user_who_may_not_read_it_is_told_so() -> None:
    with public_folder() as folder:
        home = Home(folder)
        with unprivileged():
            for use in (home.again().exists, home.again().keys, home.again().info):
                with pytest.raises(NotPermitted):
                    use()


def test_a_lost_server_pub_comes_back_with_the_next_unlock(home: Home) -> None:
    """Other programs check signatures with it; the store itself has the same key."""
    public = home.path / "server.pub"
    before = public.read_bytes()
    public.unlink()
    assert home.store.server_public() == public_of(home.seed)
    with home.store.unlock(NobodyToAsk()):
        assert public.read_bytes() == before
    assert stat.S_IMODE(public.stat().st_mode) == 0o600


def test_an_old_generation_that_cannot_be_removed_is_no_failed_change(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new passphrase is in force: whoever was told that it is not would throw it away."""
    with monkeypatch.context() as patched:
        patched.setattr("nskeys.store.keystore.generation.files.remove_folder", power_fails)
        wrap_anew(home.store, ASKING, NobodyToAsk(), Answers({Purpose.NEW_PASSPHRASE: ["new one"]}))
    given = Answers({Purpose.PASSPHRASE: ["new one"]})
    with DiskKeyStore(home.path / "store", home.path / "server.pub", lambda _: ASKING).unlock(
        given
    ) as keys:
        assert keys.key(home.keys[0].info.kid).same_as(home.keys[0].material)


# --- what could not be removed -----------------------------------------------------------------------


@contextmanager
def nothing_goes_below(folder: Path) -> Iterator[None]:
    """No name below this folder can be removed, as where it is immutable."""
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(folder):
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        yield


def changed_to_a_passphrase(home: Home) -> None:
    wrap_anew(home.store, ASKING, NobodyToAsk(), Answers({Purpose.NEW_PASSPHRASE: ["new one"]}))


def test_an_old_generation_that_stays_is_told_with_the_file_that_opens_it(home: Home) -> None:
    old = home.generation
    with nothing_goes_below(old):
        changed_to_a_passphrase(home)
        (left,) = home.again().leftovers()
        assert (left.path, left.folder, left.protector) == (str(old / "protector.json"), str(old), "file")
        assert left.opens
        home.store.sweep()  # it fails again, and nobody is held up
        assert home.again().leftovers() == (left,)
    home.store.sweep()
    assert home.again().leftovers() == ()
    assert not old.exists()


def test_what_nothing_opens_any_more_is_told_as_that(home: Home) -> None:
    old = home.generation
    with nothing_goes_below(old / "keys"):
        changed_to_a_passphrase(home)
    (left,) = home.again().leftovers()
    assert (left.path, left.protector, left.opens) == (str(old), None, False)


def test_a_kek_under_a_temporary_name_opens_as_well(home: Home) -> None:
    old = home.generation
    with nothing_goes_below(old):
        changed_to_a_passphrase(home)
    (old / "protector.json").rename(old / ".nskeys-0123456789abcdef.part")
    (left,) = home.again().leftovers()
    assert left.path.endswith(".part")
    assert left.protector == "file"


def test_an_old_key_file_that_cannot_be_read_may_open_everything(home: Home) -> None:
    old = home.generation
    with nothing_goes_below(old):
        changed_to_a_passphrase(home)
    (old / "protector.json").write_bytes(b"not what was written")
    (left,) = home.again().leftovers()
    assert left.opens
    assert left.protector == UNKNOWN_PROTECTOR


def test_a_generation_that_could_not_be_finished_leaves_no_kek_behind(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain file has the new KEK in the clear by then."""
    before = home.snapshot()
    monkeypatch.setattr("nskeys.store.keystore.build.open_server_key", power_fails)
    with pytest.raises(CannotCreate):
        home.store.prepare(CMDB, PLAIN, NobodyToAsk(), home.keys, home.seed)
    assert home.snapshot() == before
    assert not (home.path / "store" / "new-2").exists()


def test_an_unfinished_generation_that_cannot_be_removed_is_told_and_stands_in_nobodys_way(
    home: Home,
) -> None:
    unfinished = home.path / "store" / "new-2"
    with nothing_goes_below(unfinished):
        home.store.prepare(CMDB, PLAIN, NobodyToAsk(), home.keys, home.seed)
        home.store.sweep()
        assert home.again().leftovers() == ()  # a change that is under way has one too
        an_hour_ago = time.time() - 3600
        os.utime(unfinished, (an_hour_ago, an_hour_ago))
        (left,) = home.again().leftovers()
        assert (left.path, left.protector) == (str(unfinished / "protector.json"), "file")
        changed_to_a_passphrase(home)
        assert home.generation.name == "3"
    home.store.sweep()
    assert home.again().leftovers() == ()


def test_a_key_that_only_an_old_generation_holds_is_kept_on_purpose(home: Home) -> None:
    old = home.generation
    kept = home.path / "kept"
    shutil.copytree(old, kept)
    changed_to_a_passphrase(home)
    shutil.copytree(kept, home.path / "store" / "7")
    shutil.copy(
        kept / "keys" / f"{home.keys[0].info.kid}.json",
        home.path / "store" / "7" / "keys" / f"{'ab' * 32}.json",
    )
    assert home.again().leftovers() == ()

"""One expensive derivation at a time in a process, with the real library in threads that really overlap."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from nskeys.crypto import kdf
from nskeys.crypto.kdf import Argon2Cost, argon2id, called_off_by, one_derivation, scrypt
from nskeys.errors import Cancelled
from nskeys.model.secret import SecretBytes

SECRET, SALT = b"four plain wooden words", b"0123456789abcdef"

_OVERLAPPING = """
import threading, sys
from nskeys.crypto.kdf import Argon2Cost, argon2id, scrypt
from nskeys.model.secret import SecretBytes
secret, salt = b"four plain wooden words", b"0123456789abcdef"
kinds = [lambda: argon2id(SecretBytes(secret), salt, Argon2Cost(16_384, 2, 4)),
         lambda: scrypt(SecretBytes(secret), salt, 14)]
start, found = threading.Barrier(8), []
def derive(kind):
    start.wait()
    for _ in range(4):
        found.append((kind, kinds[kind]().reveal()))
threads = [threading.Thread(target=derive, args=(n % 2,), daemon=True) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join(60)
assert not any(thread.is_alive() for thread in threads), "deadlocked"
print(len(found), len(set(found)))
"""


def test_derivations_of_many_threads_all_come_to_the_same_keys() -> None:
    """In a process of its own: without the gate some of its threads wait for one another for ever."""
    ran = subprocess.run(
        [sys.executable, "-c", _OVERLAPPING], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.returncode, ran.stdout.split()) == (0, ["32", "2"]), ran.stderr


@pytest.mark.parametrize(
    "derive",
    [
        lambda: argon2id(SecretBytes(SECRET), SALT, Argon2Cost(64, 1, 4)),
        lambda: scrypt(SecretBytes(SECRET), SALT, 4),
    ],
    ids=["argon2id", "scrypt"],
)
def test_a_derivation_waits_for_the_one_before_and_stops_waiting_when_it_is_called_off(
    derive: Callable[[], SecretBytes],
) -> None:
    asked = threading.Event()

    def checkpoint() -> None:
        if asked.is_set():
            raise Cancelled
        asked.set()

    def work() -> None:
        with called_off_by(checkpoint):
            derive()

    with ThreadPoolExecutor(1) as threads:
        with one_derivation():
            waiting = threads.submit(work)
            with pytest.raises(Cancelled):
                waiting.result(20)
        assert not kdf._GATE.locked()
        with pytest.raises(TimeoutError), one_derivation():
            threads.submit(derive).result(0.3)


def test_the_gate_opens_again_after_a_derivation_that_failed() -> None:
    with pytest.raises(ValueError, match="salt"):
        argon2id(SecretBytes(SECRET), b"", Argon2Cost(64, 1, 4))
    with pytest.raises(RuntimeError), one_derivation():
        raise RuntimeError
    assert argon2id(SecretBytes(SECRET), SALT, Argon2Cost(64, 1, 4))

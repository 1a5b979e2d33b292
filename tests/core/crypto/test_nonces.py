"""Nonces: each one is handed out once, across batches, threads and forks."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from nskeys.crypto.nonces import NonceSource


def test_no_nonce_comes_twice_across_batches() -> None:
    source = NonceSource()
    nonces = [source.take() for _ in range(2_000)]
    assert {len(nonce) for nonce in nonces} == {12}
    assert len(set(nonces)) == len(nonces)


def test_no_nonce_comes_twice_across_threads() -> None:
    source = NonceSource()
    with ThreadPoolExecutor(8) as pool:
        nonces = list(pool.map(lambda _: source.take(), range(5_000)))
    assert len(set(nonces)) == len(nonces)


_FORKING = """
import os
from nskeys.crypto.nonces import NonceSource
source = NonceSource()
source.take()
child = os.fork()
os.write(1, b"".join(source.take() for _ in range(100)))
if child:
    os.waitpid(child, 0)
"""


def test_a_forked_process_does_not_repeat_its_parents_nonces() -> None:
    # In a process of its own: this one has threads, and those do not survive a fork.
    forking = subprocess.run([sys.executable, "-c", _FORKING], stdout=subprocess.PIPE, check=True)
    nonces = {forking.stdout[at : at + 12] for at in range(0, len(forking.stdout), 12)}
    assert len(forking.stdout) == 2 * 100 * 12
    assert len(nonces) == 200

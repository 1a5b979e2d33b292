"""One server under load: `python -m tests.end_to_end.soak [--cycles 200] [--writers 10] [--minutes M]`.

One process goes through cycles of what an administrator and timers do: add a credential, make a new key,
back up, drill, activate the key, prune. Beside it writers add, edit and remove credentials of their own,
and look. Commands go through the program's own `main`, with passwords that cost nothing to try.

Expected are 0; 1 from `key rotate` whose new key waits for a proven backup, and from `status`, which says
that something is at risk; 75 where somebody else had the lock for all of the wait, or changed something
between a plan and its execution: both are counted, and the command is run again. Anything else is a
failure. At the end every credential has to open with the secret that was stored last, and the audit trail
is whole.
"""

import argparse
import io
import json
import math
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing.synchronize import Event
from pathlib import Path

from nskeys.cli.main import main
from tests.end_to_end.world import quick_folder
from tests.fakes.command_line import connect_cheaply

_LOCKED = 75
_OUTDATED = "Something changed since"
_AT_RISK = {"key rotate": {0, 1}, "status": {0, 1}}
_BREATH = 5.0
"""Seconds at most that a writer looks at what it has done."""
_OWN = 4
"""Credentials that a writer has at once."""


class Failure(Exception):
    """A command ended as none may."""


class Administrator:
    """Runs commands on the one home; `counts` holds how each ended."""

    def __init__(self, folder: Path, name: str, wait: float) -> None:
        self._folder, self._name, self._wait = folder, name, wait
        self.counts: Counter[str] = Counter()
        self.secrets: dict[str, str] = {}
        self.longest = 0.0

    def run(self, *argv: str) -> str:
        """A command, until nobody else is in its way: what it printed."""
        command = " ".join(word for word in argv[:2] if word.islower() and "/" not in word)
        expected = next((codes for name, codes in _AT_RISK.items() if command.startswith(name)), {0})
        while True:
            out, err = io.StringIO(), io.StringIO()
            began = time.monotonic()
            with redirect_stdout(out), redirect_stderr(err):
                code = main(
                    ["--home", str(self._folder / "home"), "--wait", str(self._wait), *argv],
                    connect_cheaply,
                )
            spent = time.monotonic() - began
            self.longest = max(self.longest, spent)
            if code != _LOCKED:
                break
            outdated = _OUTDATED in err.getvalue()
            if not outdated and spent < self._wait:
                raise Failure(f"{command} ended with 75 after {spent:.1f} s: {err.getvalue()}")
            self.counts["75, plan outdated" if outdated else "75, waited in vain"] += 1
        if code not in expected:
            raise Failure(f"{command} ended with {code}: {err.getvalue()}")
        self.counts[f"{code}, {command}"] += 1
        return out.getvalue()

    def store(self, name: str, secret: str) -> None:
        """A credential, added or with a new secret."""
        file = self._folder / f"secret-{self._name}"
        file.write_text(secret)
        if name in self.secrets:
            self.run("credential", "edit", f"run-as/{name}", "--secret-file", str(file))
        else:
            fields = ("--kind", "run-as", "--name", name, "--target", "x", "--account", "y")
            self.run("credential", "add", *fields, "--secret-file", str(file))
        self.secrets[name] = secret

    def remove(self, name: str) -> None:
        """A credential, for good."""
        self.run("credential", "remove", f"run-as/{name}", "--yes")
        del self.secrets[name]

    def cycle(self, number: int) -> None:
        """What an administrator and the timers do in months."""
        password = ("--password-file", str(self._folder / "password"))
        self.store(f"cycle-{number}", f"secret of cycle {number}")
        self.run("key", "rotate")
        self.run("backup", *password)
        self.run("drill", "latest", *password)
        self.run("key", "rotate")
        self.run("prune", "--keep-last", "3", "--keep-monthly", "0")

    def write(self, number: int) -> None:
        """What a second administrator does meanwhile."""
        name = f"{self._name}-{number % _OWN}"
        self.store(name, f"secret {number} of {self._name}")
        self.run("status")
        self.run("credential", "list")
        if number % 7 == 6:
            self.remove(name)
        self.run("verify")


def write_until(folder: Path, name: str, wait: float, over: Event) -> None:
    """A writer's process; leaves what it knows in a file."""
    writer = Administrator(folder, name, wait)
    problem, number = "", 0
    try:
        while not over.is_set():
            writer.write(number)
            number += 1
            over.wait(_BREATH)
    except Failure as failure:
        problem = str(failure)
    told = {
        "counts": writer.counts,
        "secrets": writer.secrets,
        "problem": problem,
        "longest": writer.longest,
    }
    (folder / f"told-{name}").write_text(json.dumps(told))


@contextmanager
def writers(folder: Path, count: int, wait: float) -> Iterator[None]:
    """So many, until the block ends."""
    context = multiprocessing.get_context("spawn")
    over = context.Event()
    processes = [
        context.Process(target=write_until, args=(folder, f"writer-{number}", wait, over))
        for number in range(count)
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        over.set()
        for process in processes:
            process.join()


def soak(folder: Path, cycles: int, count: int, wait: float, minutes: float = math.inf) -> list[str]:
    """Run it, and tell how it went, line by line; no cycle begins after so many minutes. Failure."""
    one = Administrator(folder, "one", wait)
    vault = folder / "vault"
    vault.mkdir()
    (folder / "password").write_text("seven apples and a pear\n")
    one.run("init", "--server-name", "ns01.example.net", "--protector", "file")
    one.run("destination", "add", str(vault), "--elsewhere", "tape to the safe")
    began = time.monotonic()
    with writers(folder, count, wait):
        done = 0
        while done < cycles and time.monotonic() - began < minutes * 60:
            one.cycle(done)
            done += 1
    spent = time.monotonic() - began
    told = [json.loads((folder / f"told-writer-{number}").read_text()) for number in range(count)]
    if problems := [writer["problem"] for writer in told if writer["problem"]]:
        raise Failure("; ".join(problems))
    counts = one.counts + sum((Counter(writer["counts"]) for writer in told), Counter())
    secrets = one.secrets | {name: secret for writer in told for name, secret in writer["secrets"].items()}
    check(one, secrets)
    longest = max(one.longest, *(writer["longest"] for writer in told), 0.0)
    return [
        f"{done} cycles beside {count} writers in {spent:.0f} s; longest command: {longest:.1f} s",
        f"{len(secrets)} credentials open, each with the secret stored last; the audit trail is whole",
        *(f"{number:7,} x {what}" for what, number in sorted(counts.items())),
    ]


def check(one: Administrator, secrets: dict[str, str]) -> None:
    """Everything is as it was stored last; Failure."""
    one.run("verify")
    one.run("audit", "--verify")
    listed = {item["name"] for item in json.loads(one.run("credential", "list", "--json"))}
    if listed != set(secrets):
        raise Failure(f"stored, but not listed, or the other way round: {sorted(listed ^ set(secrets))}")
    for name, secret in secrets.items():
        shown = json.loads(one.run("credential", "show", f"run-as/{name}", "--reveal", "--json"))
        if shown["secret"] != secret:
            raise Failure(f"{name} opens with another secret than was stored last")


def run(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--writers", type=int, default=10)
    parser.add_argument("--wait", type=float, default=10.0)
    parser.add_argument("--minutes", type=float, default=math.inf)
    options = parser.parse_args(argv)
    with quick_folder() as folder, suppress(KeyboardInterrupt):
        try:
            print("\n".join(soak(folder, options.cycles, options.writers, options.wait, options.minutes)))
        except Failure as failure:
            print(failure)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))

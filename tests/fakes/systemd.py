"""A real systemd as the first process of namespaces of its own: it runs units as it does on any server.

It sees this machine's files, but for its own `/run`, `/tmp` (where a checkout or a virtual environment that
lies there is seen all the same), `/etc/systemd/system` and `/var/lib/systemd`, and it knows no units but
those of a test and the few targets that they name.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.fakes.programs import missing

_SYSTEMD = "/lib/systemd/systemd"
_CHECKOUT = Path(__file__).parents[2]
_HOST_SECRET = Path("/var/lib/systemd/credential.secret")
_TARGETS = (
    "basic", "multi-user", "network-online", "remote-fs", "shutdown", "sysinit", "timers", "umount",
    "time-set", "time-sync",
)  # fmt: skip
_SPACES = ("--mount", "--pid", "--cgroup", "--uts", "--ipc")
_BEGIN = r"""
set -e
mount --make-rprivate /
mount --bind "$UNITS" /etc/systemd/system
mount --bind "$STATE" /var/lib/systemd
[ -z "$ROOT" ] || mount -t overlay overlay -o "lowerdir=$ROOT:/root" /root
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
mkdir /run/tmp
mount --rbind /tmp /run/tmp
mount -t tmpfs -o mode=1777 tmpfs /tmp
for seen in "$CHECKOUT" "$ENVIRONMENT"; do
    [ -d "$seen" ] || { mkdir -p "$seen" && mount --bind "/run$seen" "$seen"; }
done
umount -l /run/tmp
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
export container=nskeys-test SYSTEMD_UNIT_PATH="/etc/systemd/system:$TARGETS"
exec "$SYSTEMD" --system --unit=multi-user.target --log-target=console --log-level=warning --show-status=no
"""


class Systemd:
    """One that runs. `units` is its `/etc/systemd/system`."""

    def __init__(self, process: int, units: Path, log: Path) -> None:
        self._process = process
        self.units = units
        self.log = log

    def run(self, *argv: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """A command on the machine that it runs."""
        enter = [
            "nsenter",
            "--target",
            str(self._process),
            "--mount",
            "--pid",
            "--cgroup",
            "--uts",
            "--ipc",
        ]
        return subprocess.run(
            [*enter, *argv],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "HOME": "/root", **(environ or {})},
        )

    def systemctl(self, *argv: str) -> str:
        """A command that has to work: its output."""
        done = self.run("systemctl", *argv)
        assert done.returncode == 0, done.stdout + done.stderr + self.log.read_text()
        return done.stdout

    def started(self, service: str) -> int:
        """Start the service of a job, which waits for its end: its exit code."""
        self.run("systemctl", "start", service)
        return int(self.systemctl("show", "--property=ExecMainStatus", "--value", service))

    def add(self, name: str, text: str) -> None:
        """A file among its units, and they are read anew."""
        path = self.units / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.systemctl("daemon-reload")


def why_no_systemd() -> str:
    """Why none can be had here; empty where one can."""
    if not Path(_SYSTEMD).exists():
        return "this needs systemd"
    if why := missing("unshare", "nsenter", "mount"):
        return why
    return "" if os.geteuid() == 0 else "only root makes namespaces that systemd can run"


@contextmanager
def running_systemd(folder: Path, root: Path | None = None) -> Iterator[Systemd]:
    """A machine that systemd runs, until the block ends; what lies in `root` lies in its `/root` too."""
    if why_no_systemd():
        pytest.skip(why_no_systemd())
    units, state, targets, log = (folder / name for name in ("units", "state", "targets", "systemd.log"))
    for path in (units, state, targets):
        path.mkdir(parents=True)
    for name in _TARGETS:
        (targets / f"{name}.target").write_text(f"[Unit]\nDescription={name}\nDefaultDependencies=no\n")
    (units / "multi-user.target.wants").mkdir()
    (units / "multi-user.target.wants" / "timers.target").symlink_to(targets / "timers.target")
    if _HOST_SECRET.exists():
        shutil.copy(_HOST_SECRET, state)
    given = {
        "UNITS": str(units),
        "STATE": str(state),
        "TARGETS": str(targets),
        "SYSTEMD": _SYSTEMD,
        "ROOT": str(root or ""),
        "CHECKOUT": str(_CHECKOUT),
        "ENVIRONMENT": sys.prefix,
    }
    with _cgroup() as cgroup, log.open("w") as written:
        unshared = subprocess.Popen(
            ["unshare", "--fork", "--kill-child", "--mount-proc", *_SPACES, "bash", "-c", _BEGIN],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**os.environ, **{name: str(value) for name, value in given.items()}},
            preexec_fn=lambda: (cgroup / "cgroup.procs").write_text(str(os.getpid())),
            start_new_session=True,
        )
        try:
            yield _awaited(Systemd(_child(unshared.pid), units, log))
        finally:
            with suppress(ProcessLookupError):
                os.kill(unshared.pid, signal.SIGKILL)
            unshared.wait(20)


def _child(pid: int) -> int:
    """The first process of the namespaces."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for _ in range(1000):
        if numbers := children.read_text().split():
            return int(numbers[0])
        time.sleep(0.01)
    raise AssertionError("no namespaces can be made here")


def _awaited(systemd: Systemd) -> Systemd:
    for _ in range(300):
        if "running" in systemd.run("systemctl", "is-system-running").stdout:
            return systemd
        time.sleep(0.1)
    raise AssertionError(systemd.log.read_text())


@contextmanager
def _cgroup() -> Iterator[Path]:
    """A control group for all of it, so that nothing is left where this machine's own are."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    root = next(Path(fields[1]) for fields in mounts if fields[2] == "cgroup2")
    group = root / f"nskeys-test-{os.getpid()}-{time.monotonic_ns()}"
    group.mkdir()
    try:
        yield group
    finally:
        for _ in range(200):
            with suppress(OSError):
                for path, _, _ in os.walk(group, topdown=False):
                    Path(path).rmdir()
                break
            time.sleep(0.05)
        assert sys.exc_info()[0] or not group.exists()

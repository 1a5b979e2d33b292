"""What stands for systemd in the demo: its units are written nowhere and its timers never fire."""

from collections.abc import Sequence

from nskeys.model.schedule import Job, TimerStatus
from nskeys.ports import ServiceManager


class DemoManager(ServiceManager):
    """Keeps units and timers in memory."""

    def __init__(self) -> None:
        self._units: dict[str, str] = {}
        self._waiting: set[str] = set()

    def program(self) -> tuple[str, ...]:
        return ("/usr/local/bin/nskeys",)

    def owner(self, path: str) -> str:
        return ""

    def path_of(self, name: str) -> str:
        return f"/etc/systemd/system/{name}"

    def read(self, name: str) -> str | None:
        return self._units.get(name)

    def write(self, name: str, text: str) -> None:
        self._units[name] = text

    def remove(self, name: str) -> None:
        self._units.pop(name, None)

    def runs(self) -> bool:
        return True

    def start(self, timers: Sequence[str]) -> None:
        self._waiting |= set(timers)

    def stop(self, timers: Sequence[str]) -> None:
        self._waiting -= set(timers)

    def reload(self) -> None:
        """Do nothing: what was written is what is read."""

    def timer(self, job: Job) -> TimerStatus:
        waits = job.timer in self._waiting
        return TimerStatus(job, waits, waits)

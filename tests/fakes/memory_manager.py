"""systemd in memory: units, and timers that wait."""

from collections.abc import Sequence

from nskeys.errors import ScheduleNotStarted
from nskeys.model.schedule import Job, TimerStatus


class MemoryManager:
    """ports.ServiceManager. The switches are plain attributes."""

    def __init__(self) -> None:
        self.units: dict[str, str] = {}
        self.waiting: set[str] = set()
        self.running = True
        self.refuses = False
        """Whether systemd takes no command."""

    def program(self) -> tuple[str, ...]:
        return ("/opt/nskeys/.venv/bin/nskeys",)

    def owner(self, path: str) -> str:
        return ""

    def path_of(self, name: str) -> str:
        return f"/etc/systemd/system/{name}"

    def read(self, name: str) -> str | None:
        return self.units.get(name)

    def write(self, name: str, text: str) -> None:
        self.units[name] = text

    def remove(self, name: str) -> None:
        self.units.pop(name, None)

    def runs(self) -> bool:
        return self.running

    def start(self, timers: Sequence[str]) -> None:
        self._do("enable")
        self.waiting |= set(timers)

    def stop(self, timers: Sequence[str]) -> None:
        self._do("disable")
        self.waiting -= set(timers)

    def reload(self) -> None:
        self._do("daemon-reload")

    def timer(self, job: Job) -> TimerStatus:
        return TimerStatus(job, job.timer in self.waiting, self.running and job.timer in self.waiting)

    def _do(self, verb: str) -> None:
        if self.refuses:
            raise ScheduleNotStarted(f"systemctl {verb}")

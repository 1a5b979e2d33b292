"""A folder that cannot hang the program: calls that may hang go to a worker process.

A folder on a local disk is used directly.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.workers.pool import Workers
from nskeys.destinations.workers.proxy import WorkerDestination
from nskeys.model.destinations import DestinationInfo

SlowMount = Callable[[str], str | None]
"""From a path to the mount along it that may hang; None where there is none."""


class TimeoutFolder(WorkerDestination):
    """ports.Destination in the folder `info.address`, an absolute path."""

    live = True

    def __init__(self, info: DestinationInfo, workers: Workers, slow_mount: SlowMount) -> None:
        self._folder = FolderDestination(info)
        self._slow_mount = slow_mount
        super().__init__(info, workers, self._folder)

    def address_of(self, name: str) -> str:
        return self._folder.address_of(name)

    def waits_for(self, method: str, told: Mapping[str, Any]) -> str | None:
        """The mount on the way there that may not answer."""
        if method == "where" and self._info.declared_elsewhere and self._info.mounted is None:
            return None  # nothing is looked at for it
        if method in ("read", "beginning"):  # the file's own path, for it may be a link to another place
            return self._slow_mount(self.address_of(told["name"]))
        return self._slow_mount(self._info.address)

"""Textual's driver for a terminal that shows the first page already.

Private in Textual and used here: `LinuxDriver.attrs_before`, and the sequence by which it goes to the other
screen, which would clear it.
"""

from typing import Any, ClassVar

from textual.drivers.linux_driver import LinuxDriver

from nskeys_tui.terminal.early import OTHER_SCREEN, EarlyScreen


class TakingOver(LinuxDriver):
    """Takes the terminal over as it is; afterwards it is put back to what it was before the first page."""

    early: ClassVar[EarlyScreen | None] = None

    def start_application_mode(self) -> None:
        early, type(self).early = self.early, None
        self._shown = early is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own
        self._shown = False
        if early is not None:
            self._modes: list[Any] | None = early.modes
            early.hand_over()
        if getattr(self, "_modes", None) is not None:
            self.attrs_before = self._modes

    def write(self, data: str) -> None:
        """Write, but do not go to the screen where the terminal is."""
        if not (self._shown and data == OTHER_SCREEN):
            super().write(data)

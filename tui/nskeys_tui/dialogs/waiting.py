"""A dialog while another process is changing this installation: who it is, and Esc to stop waiting."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys.errors import Cancelled, Locked
from nskeys.ports import Waiting
from nskeys.wording.errors.setup import holder_words
from nskeys_tui.dialogs.dialog import Dialog, text


class AnotherChange(Dialog[None]):
    """Shown while a change waits, and closed by it. `stop` is called when the person stops waiting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop waiting", tooltip="Change nothing, and go back"),
    ]
    BUSY = True
    """The app is not left while this is shown."""

    def __init__(self, holder: Locked, stop: Callable[[], None]) -> None:
        super().__init__("Waiting")
        self._holder, self._stop = holder, stop

    def body(self) -> Iterable[Widget]:
        """Return who it is."""
        yield text(holder_words(self._holder), "dialog--happened")
        yield text("Your change is made as soon as that has ended.")

    def action_leave(self) -> None:
        self._stop()


class DialogWaiting(Waiting):
    """ports.Waiting for worker threads: shows a dialog while they wait."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stopped = threading.Event()
        self._dialog: AnotherChange | None = None

    def begin(self, holder: Locked) -> None:
        self._stopped.clear()
        self._dialog = AnotherChange(holder, self._stopped.set)
        # Textual declares a union here that a type checker cannot resolve for a coroutine.
        showing: Callable[[], Any] = partial(self._show, self._dialog)
        self._app.call_from_thread(showing)

    def checkpoint(self) -> None:
        if self._stopped.is_set():
            raise Cancelled

    def end(self) -> None:
        """Close the dialog before the work goes on: a screen below it cannot end while it is shown."""
        hiding: Callable[[], Any] = partial(self._hide, self._dialog)
        self._app.call_from_thread(hiding)

    async def _show(self, dialog: AnotherChange) -> None:
        await self._app.push_screen(dialog)

    async def _hide(self, dialog: AnotherChange | None) -> None:
        while dialog in self._app.screen_stack:
            await self._app.screen.dismiss()  # its help may lie above it

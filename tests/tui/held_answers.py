"""Answers that are held back until a test lets them go: what a screen asked for and has not got yet."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretRequest
from nskeys_tui.app import NskeysApp
from nskeys_tui.dialogs.long_work import DialogSecrets, LongWork
from nskeys_tui.screens import background, session
from nskeys_tui.screens.background import in_background
from tests.tui.stage import until

T = TypeVar("T")

HELD = ("enter", "enter", "enter", "space", "x", "p", "h", "b", "z", "1", "tab", "down", "enter")
"""Enter is held down, and more is typed ahead."""


class HeldAnswers:
    """Every answer of a service comes through here: what a screen asks for quickly, what it only reads,
    long work, and long work that goes on with a secret which was just given."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self._free = threading.Event()
        self._free.set()
        value_or_error, run, give = session._value_or_error, LongWork._run, DialogSecrets.__call__

        def quickly(call: Callable[[], T]) -> Any:
            return value_or_error(self._behind(call))

        async def read_aside(call: Callable[[], T]) -> T:
            if isinstance(call, partial) and call.func.__name__ == "overview":
                return await in_background(call)  # a look, which nobody waits for
            return await in_background(self._behind(call))

        def work(dialog: LongWork[Any], secrets: Any) -> None:
            self._behind(lambda: None)()
            run(dialog, secrets)

        def secret(provider: DialogSecrets, request: SecretRequest, retry: int) -> SecretBytes:
            given = give(provider, request, retry)
            self._behind(lambda: None)()
            return given

        patched.setattr(session, "_value_or_error", quickly)
        patched.setattr(background, "in_background", read_aside)
        patched.setattr(LongWork, "_run", work)
        patched.setattr(DialogSecrets, "__call__", secret)

    def _behind(self, call: Callable[[], T]) -> Callable[[], T]:
        def later() -> T:
            self.asked += 1
            assert self._free.wait(60)
            return call()

        return later

    def hold(self) -> None:
        """From now on nothing is answered."""
        self._free.clear()

    def let_go(self) -> None:
        """Everything is answered."""
        self._free.set()


def typed_at_once(app: NskeysApp, *keys: str) -> None:
    """Keys that one reading of the terminal brings together."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        app.post_message(events.Key(name, key if len(key) == 1 else None))


def state_of(app: NskeysApp) -> object:
    """What a key could change."""
    screens = app.screen_stack
    lines = [line.value for screen in screens for line in screen.query(Input)]
    steps = [getattr(screen, "step", "") for screen in screens]
    return [id(screen) for screen in screens], steps, lines, app.focused


async def nothing_acts(pilot: Pilot[Any], app: NskeysApp, answers: HeldAnswers) -> None:
    """Hold Enter down and type ahead while an answer is awaited."""
    before, asked = state_of(app), answers.asked
    typed_at_once(app, *HELD)
    await pilot.press(*HELD)
    app.post_message(events.Paste("pasted meanwhile"))
    await pilot.pause()
    assert (state_of(app), answers.asked) == (before, asked)


async def is_awaited(pilot: Pilot[Any], app: NskeysApp, answers: HeldAnswers, asked: int) -> None:
    """Until the screen on top asked for something, which is held."""
    await until(pilot, lambda: answers.asked > asked and app.screen.judging)  # type: ignore[attr-defined]
    await asyncio.sleep(0)

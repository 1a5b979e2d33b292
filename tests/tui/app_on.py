"""The app on a server of its own: real services over a folder, without a terminal."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from nskeys.bootstrap import Costs, Services, connect
from nskeys.crypto.kdf import Argon2Cost
from nskeys.model.credentials import Credential, CredentialKind, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.ports import Settings
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.startup import Connected, arrive, sighted
from nskeys_tui.screens.startup_error import StartupErrorScreen
from nskeys_tui.widgets.inputs import TextInput
from tests.fakes.fixed import NobodyToAsk
from tests.tui.stage import HOME_SIZE, at_rest, text, until

CHEAP = Costs(scrypt_log_n=4, argon2=Argon2Cost(64, 1, 1), least_score=0)


def services_in(home: Path) -> Services:
    """The services of a folder; passwords cost next to nothing."""
    return connect(str(home), costs=CHEAP)


def set_up(home: Path) -> Services:
    """A new installation, its key in a plain file."""
    services = services_in(home)
    services.set_up.execute("file", NobodyToAsk(), Settings("ns01.example.net", ""))
    return services


def add(
    services: Services,
    name: str,
    *,
    kind: CredentialKind = CredentialKind.RUN_AS,
    target: str = "finance-*",
    account: str = "CORP\\svc",
    note: str = "",
    secret: str = "correct horse",
) -> Credential:
    """A credential more."""
    with SecretBytes.from_text(secret) as sealed:
        return services.credentials.add(
            check_fields(kind, name, target, account, note), sealed, NobodyToAsk()
        )


def secret_of(services: Services, reference: str) -> str:
    """What is sealed in a credential."""
    credential = services.credentials.show(reference)
    with services.credentials.reveal(credential, NobodyToAsk()) as secret:
        return secret.text()


class AppOn:
    """`async with AppOn(services).play() as pilot:`"""

    def __init__(self, services: Services, size: tuple[int, int] = HOME_SIZE) -> None:
        self.session: Session | None = None
        self._size = size
        self.app = NskeysApp(Opening(lambda: sighted(services), self._arrive, StartupErrorScreen))

    def _arrive(self, found: Connected) -> Screen[None]:
        self.session, screen = arrive(self.app, found)
        return screen

    def play(self) -> AbstractAsyncContextManager[Pilot[Any]]:
        """The app, running."""
        return self.app.run_test(size=self._size, notifications=True)

    @property
    def lines(self) -> list[str]:
        """What the screen shows."""
        return [text(strip) for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.lines)

    def shows(self, *words: str) -> Callable[[], bool]:
        """Whether all of these are seen."""
        return lambda: all(word in self.text for word in words)

    async def press(self, pilot: Pilot[Any], *keys: str, shows: str = "", hides: str = "") -> None:
        """Press keys and type words, then wait for what that brings or takes away."""
        for key in keys:
            if isinstance(key, Typed):
                await self._paste(pilot, key)
            else:
                await pilot.press(key)
        if shows:
            await self.wait(pilot, shows)
        if hides:
            await until(pilot, lambda: hides not in self.text)
            await at_rest(pilot)

    async def _paste(self, pilot: Pilot[Any], words: str) -> None:
        """One message for a whole text: a test's time goes with its key presses."""
        focused = self.app.focused
        assert isinstance(focused, TextInput), f"nothing to type into:\n{self.text}"
        focused.post_message(events.Paste(words))
        await pilot.pause()

    async def wait(self, pilot: Pilot[Any], *words: str) -> None:
        """Wait until all of these are seen."""
        try:
            await until(pilot, self.shows(*words))
        except AssertionError:
            raise AssertionError(f"waited for {words}; the screen was:\n{self.text}") from None
        await at_rest(pilot)


class Typed(str):
    """Words to be typed, not the name of a key."""

    __slots__ = ()

"""The app on a real terminal, led through every screen and every dialog by keys of its own.

    python hostile_tour.py HOME BACKUP EXPORT SEEN

HOME is full of hostile texts, BACKUP and EXPORT are files with hostile names and contents. Which screens
were seen is written to SEEN, as JSON; whoever started this has the bytes.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import events
from textual.screen import Screen

from nskeys.bootstrap import Services
from nskeys.errors import ConfigurationInvalid, Locked, NskeysError
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.credentials import Credential
from nskeys.model.imports import CsvPreview, Reading
from nskeys.model.plans import FirstSight, HomeState
from nskeys.ports import (
    Listed,
    Listing,
    Progress,
    Purpose,
    SecretProvider,
    SecretRequest,
    Stage,
)
from nskeys.ports.shares import ShareRequest
from nskeys.reasons import Problem, ProtectorProblem
from nskeys.services.credentials.pages import CredentialPages
from nskeys.services.flows.first_start import FirstStart as Flow, Way
from nskeys.wording.destinations import remove_question
from nskeys.wording.errors import say_in_app
from nskeys.wording.text.terminal import safe
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.dialogs.backup_list import BackupList
from nskeys_tui.dialogs.file_browser import FileBrowser
from nskeys_tui.dialogs.long_work import LongWork
from nskeys_tui.dialogs.qr_code import QrCodeScreen
from nskeys_tui.dialogs.questions import (
    ChoiceDialog,
    ConfirmDialog,
    FactsDialog,
    Line,
    LineDialog,
    MessageDialog,
)
from nskeys_tui.dialogs.waiting import AnotherChange
from nskeys_tui.screens.audit import entry_rows
from nskeys_tui.screens.checkpoint import CheckpointScreen
from nskeys_tui.screens.copy_detail import CopyScreen
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.diary import DiaryScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.first_start import FirstStartScreen
from nskeys_tui.screens.import_columns import ColumnsScreen
from nskeys_tui.screens.key_detail import KeyScreen
from nskeys_tui.screens.navigation import SCREENS, open_screen
from nskeys_tui.screens.new_installation import NewInstallationScreen
from nskeys_tui.screens.proof import ProofScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.session import Session, ask_secret
from nskeys_tui.screens.startup import Connected, arrive, sighted
from nskeys_tui.screens.startup_error import StartupErrorScreen
from nskeys_tui.widgets.choice_list import Choice
from nskeys_tui.widgets.inputs import TextInput
from tests.core.wording.samples import error_classes, sample
from tests.fakes.command_line import connect_cheaply
from tests.fakes.sentinels import SENTINELS

PASSWORD = "seven apples"
_LONGEST = 10.0
"""Seconds that work may take."""
_MOMENT = 0.03
_WALK = ("down", "end", "pagedown", "home")


@dataclass(frozen=True)
class Stop:
    """One screen, and the keys that are pressed on it; `=` before what is pasted into the field."""

    make: Callable[[], Screen[Any]]
    keys: Sequence[str] = ()
    walk: bool = True
    """Whether what it lists is gone through first."""


class Tour:
    """Leads the app, and writes down what it saw."""

    def __init__(self, home: str, backup: str, export: str) -> None:
        self.seen: set[str] = set()
        self._home, self._backup, self._export = home, backup, export
        self._session: Session | None = None
        self.app = NskeysApp(Opening(self._connect, self._arrive, StartupErrorScreen))

    def _connect(self) -> Connected:
        return sighted(connect_cheaply(self._home, None))

    def _arrive(self, found: Connected) -> Screen[None]:
        self._session, screen = arrive(self.app, found)
        self.app.call_later(self.app.run_worker, self._lead())
        return screen

    # --- the way -----------------------------------------------------------------------------------------

    async def _lead(self) -> None:
        assert self._session is not None
        await self._rest()
        first = self.app.screen
        await self._press(
            "down", "s", "right", "end", "question_mark", "escape", "ctrl+p", "=bac", "escape"
        )
        await self._press("slash", f"={SENTINELS[-1]}", "escape", "escape", "enter", "s", "escape")
        for stop in self._stops(self._session):
            screen = stop.make()
            await self.app.push_screen(screen)
            self.seen.add(type(screen).__name__)
            await self._rest()
            await self._press(*(_WALK if stop.walk else ()), *stop.keys)
            await self._look_at()
            while self.app.screen is not first:
                self.app.pop_screen()
                await self._rest()
        self.app.exit()

    async def _look_at(self) -> None:
        """At the end of each stop, for tours that look closer."""

    async def _press(self, *keys: str) -> None:
        for key in keys:
            if key.startswith("="):
                focused = self.app.focused
                if isinstance(focused, TextInput):
                    focused.post_message(events.Paste(key[1:]))
            else:
                await self.app._press_keys([key])
            await self._rest()

    async def _rest(self) -> None:
        """Until the work is done, and what came of it was painted."""
        for _ in range(int(_LONGEST / _MOMENT)):
            await asyncio.sleep(_MOMENT)
            self.seen |= {type(screen).__name__ for screen in self.app.screen_stack}
            busy = getattr(self.app.screen, "BUSY", False)
            if not busy or isinstance(self.app.screen, AnotherChange):  # nobody ends the other's change
                break

    # --- the stops ---------------------------------------------------------------------------------------

    def _stops(self, session: Session) -> list[Stop]:
        services = session.services
        new = (f"={PASSWORD}", "tab", f"={PASSWORD}", "enter")
        ways: dict[str, Sequence[str]] = {
            "keys": ("enter", "down"),
            "register": (
                "y",
                *_WALK,
                "enter",
                "escape",
                "escape",
                "enter",
                "end",
                "escape",
                "x",
                "escape",
                "a",
                "end",
                "enter",
                "escape",
            ),
            "destinations": ("a", "end", "enter", "escape", "e", "escape", "x", "escape", "t", "enter"),
            "database": ("enter", "escape", "n", "escape", "a", "escape", "M", "escape"),
            "audit": ("enter", "escape", "end", "enter"),
            "re_entry": ("s", "escape", "enter"),
            "runbook": ("s", "escape"),
            "backup": ("home", "enter", *new, "enter", "enter"),
            "rotate": ("enter", "enter"),
            "protection": ("c", "end", "enter", "enter", "enter", "escape"),
            "import": ("end", "enter", f"={self._export}", "enter", "end", "enter", "c", "enter", "s"),
            "verify": ("f", "e", "escape"),
            "custodians": (
                "n",
                "enter",
                "enter",
                "enter",
                "enter",
                "v",
                "escape",
                "enter",
                "escape",
                "y",
                "enter",
            ),
        }
        stops = [Stop(partial(open_screen, name, session), ways.get(name, ())) for name in SCREENS]
        opening = ("enter", f"={PASSWORD}", "enter", "enter", "end", "enter", "end", "enter", "l")
        stops += [
            Stop(partial(RestoreScreen, session, self._backup), opening),
            Stop(partial(DrillScreen, session, self._backup), opening),
            Stop(partial(RestoreScreen, session, f"/nowhere/{SENTINELS[0]}.zip"), ("enter",)),
            Stop(partial(FileBrowser, "A backup", Path(self._backup).parent), ("full_stop", "backspace")),
            Stop(
                partial(BackupList, SENTINELS[0], Listing(Listed(f"{text}.zip", 7) for text in SENTINELS))
            ),
            Stop(partial(FirstStartScreen, session, self._sight(services, HomeState.DATABASE_ONLY))),
            Stop(partial(FirstStartScreen, session, self._sight(services, HomeState.UNREACHED))),
            Stop(partial(self._new_installation, session, services)),
            Stop(
                partial(
                    StartupErrorScreen, ConfigurationInvalid(SENTINELS[0], Problem.NOT_TOML, SENTINELS[18])
                )
            ),
            Stop(self._long_work),
            Stop(partial(CheckpointScreen, session), ("a", "escape")),
            Stop(
                partial(ColumnsScreen, session, f"/nowhere/{SENTINELS[0]}.csv", _table()),
                ("n", "down", "a", "down", "s", "e", "escape", "d", "escape", "r", "escape"),
            ),
        ]
        stops += [Stop(make, walk=False) for make in self._without_a_flow(session, services)]
        stops += [Stop(partial(ask_secret, request, 1), walk=False) for request in _questions()]
        pages = CredentialPages(services.installation.cmdb, CredentialFilter(), CredentialOrder())
        stops += self._credentials(session, pages.window(0, 3))
        return stops + [Stop(partial(_notice, error), walk=False) for error in _errors()]

    def _without_a_flow(self, session: Session, services: Services) -> list[Callable[[], Screen[Any]]]:
        """What stands at the end of some way, as if that had been gone."""
        overview = services.recoverability.overview()
        kid = services.installation.keys()[0].kid
        report = services.verify.execute(session.secrets)
        (entry,) = services.audit.latest(1)
        info = services.installation.default_destination()
        choices = [Choice(text, safe(text), safe(text)) for text in SENTINELS[:5]]
        made: list[Callable[[], Any]] = [
            partial(DiaryScreen, session),
            partial(KeyScreen, session, kid),
            *(partial(CopyScreen, session, copy, overview) for copy in overview.copies[:3]),
            partial(ProofScreen, session, report),
            partial(FactsDialog, "A line of the audit trail", entry_rows(entry)),
            partial(ConfirmDialog, "Remove a destination", *remove_question(info, default=True)),
            partial(BackupList, SENTINELS[0], Listing(Listed(text, 1) for text in SENTINELS[:5])),
            partial(QrCodeScreen, ["\u2588 \u2580\u2584"] * 9),
            partial(ChoiceDialog, "A choice", [safe(text) for text in SENTINELS[:3]], choices),
            partial(BackupList, SENTINELS[0], Listing(Listed(text, 1_000) for text in SENTINELS)),
            partial(QrCodeScreen, [safe(text) for text in SENTINELS[:10]]),
            partial(LineDialog, "A line", "", Line("Line", SENTINELS[0], help=safe(SENTINELS[1]))),
            partial(AnotherChange, sample(Locked, SENTINELS[18]), lambda: None),
        ]
        return made

    def _credentials(self, session: Session, credentials: Sequence[Credential]) -> list[Stop]:
        stops = []
        for known in credentials:
            detail = partial(CredentialScreen, session, known.credential_id)
            stops.append(Stop(detail, ("s", "x", "escape")))
            stops.append(Stop(partial(CredentialFormScreen, session, known), ("tab", "tab", "enter")))
        return stops

    def _sight(self, services: Services, state: HomeState) -> FirstSight:
        return replace(
            services.set_up.look(),
            state=state,
            home=f"/srv/{SENTINELS[0]}{SENTINELS[18]}",
            cmdb=f"sqlite:///{SENTINELS[1]}",
            unreached=ProtectorProblem.NO_DEVICE,
        )

    def _new_installation(self, session: Session, services: Services) -> Screen[Any]:
        flow = Flow(self._sight(services, HomeState.DATABASE_ONLY)).choose(Way.WITHOUT_KEYS)
        return NewInstallationScreen(session, flow)

    def _long_work(self) -> Screen[Any]:
        """Work on hostile rows, of which none opens."""

        def work(progress: Progress, secrets: SecretProvider) -> None:
            del secrets
            progress.stage(Stage.PROVING, len(SENTINELS))
            rows = [(text, "run-as", text, text, text, text, 1, 0, 0, b"") for text in SENTINELS]
            progress.proved(rows, {})
            progress.advance(len(rows))
            time.sleep(0.3)  # so that it is seen

        return LongWork(SENTINELS[-1], work, ask_secret, (Stage.PROVING,))


def _questions() -> list[SecretRequest]:
    hostile = [SecretRequest(purpose, SENTINELS[0], SENTINELS[1]) for purpose in Purpose]
    asked = [request for request in hostile if request.purpose is not Purpose.SHARE]
    return [*asked, ShareRequest(Purpose.SHARE, SENTINELS[0], SENTINELS[1])]


def _table() -> CsvPreview:
    """Return the beginning of a CSV in which a terminal would obey every name and every cell."""
    return CsvPreview(tuple(SENTINELS), (tuple(SENTINELS), tuple(SENTINELS)), Reading("utf-8", ","))


def _errors() -> list[NskeysError]:
    """One of each class, a hostile text in every field."""
    classes = error_classes()
    return [sample(cls, SENTINELS[number % len(SENTINELS)]) for number, cls in enumerate(classes)]


def _notice(error: NskeysError) -> Screen[Any]:
    said = say_in_app(error)
    return MessageDialog("Error", said.what, said.advice)


if __name__ == "__main__":
    _, home, backup, export, seen = sys.argv
    tour = Tour(home, backup, export)
    tour.app.run(mouse=False)
    Path(seen).write_text(json.dumps(sorted(tour.seen)))
    sys.exit(tour.app.return_code or 0)

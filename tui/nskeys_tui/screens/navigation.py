"""Ways from the first screen to the others. Each is imported when it is opened, so that the first paint and
the first data do not wait for it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any

from textual.app import App
from textual.screen import Screen

from nskeys.wording.menu import ENTRIES
from nskeys_tui.dialogs.palette import Command
from nskeys_tui.screens.session import Session

SCREENS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "backup": ("backup", "BackupScreen"),
        "restore": ("restore", "RestoreScreen"),
        "drill": ("drill", "DrillScreen"),
        "rotate": ("rotation", "RotationScreen"),
        "keys": ("keys", "KeysScreen"),
        "menu": ("menu", "MenuScreen"),
        "register": ("register", "RegisterScreen"),
        "database": ("database", "DatabaseScreen"),
        "prune": ("prune", "PruneScreen"),
        "destinations": ("destinations", "DestinationsScreen"),
        "schedule": ("schedule", "ScheduleScreen"),
        "audit": ("audit", "AuditScreen"),
        "identity": ("recovery_identity", "RecoveryIdentityScreen"),
        "custodians": ("custodians", "CustodiansScreen"),
        "protection": ("protection", "ProtectorScreen"),
        "verify": ("proof", "VerifyScreen"),
        "re_entry": ("re_entry", "ReEntryScreen"),
        "runbook": ("runbook", "RunbookScreen"),
        "import": ("import_credentials", "ImportScreen"),
        "export": ("export_credentials", "ExportScreen"),
        "add": ("credential_form", "CredentialFormScreen"),
    }
)
"""A name for each screen, its module and its class, which is made of the session alone."""


def go_to(app: App[Any], session: Session, token: str) -> None:
    """Open what an entry of the menu names: a screen, on top of the present one, or what the app does."""
    if token in SCREENS:
        app.push_screen(open_screen(token, session))
    else:
        getattr(app, f"action_{token}")()


def open_screen(name: str, session: Session) -> Screen[None]:
    """Return the screen behind a door."""
    module, screen = SCREENS[name]
    made: Callable[[Session], Screen[None]] = getattr(import_module(f"nskeys_tui.screens.{module}"), screen)
    return made(session)


def commands_everywhere(app: App[Any], session: Session) -> Iterator[Command]:
    """Yield what the palette offers on every screen: a command for each of them, which opens on top of the
    present one, so that Esc leads back."""
    for entry in ENTRIES:
        if entry.token in SCREENS:
            yield Command(entry.name, entry.about, partial(go_to, app, session, entry.token), entry.also)

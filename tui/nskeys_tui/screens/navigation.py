"""Ways from the first screen to the others. Each is imported when somebody goes there: the first paint
and the first data do not wait for screens that nobody asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from textual.screen import Screen

from nskeys_tui.screens.session import Session

DOORS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "backup": ("backup", "BackUp"),
        "restore": ("restore", "Restore"),
        "drill": ("drill", "Drill"),
        "rotate": ("rotation", "Rotate"),
        "keys": ("keys", "Keys"),
        "menu": ("menu", "Menu"),
        "register": ("register", "Register"),
        "prune": ("prune", "Prune"),
        "destinations": ("destinations", "Destinations"),
        "schedule": ("schedule", "Schedule"),
        "audit": ("audit", "Audit"),
        "identity": ("recovery_identity", "RecoveryIdentity"),
        "custodians": ("custodians", "Custodians"),
        "protection": ("protection", "Protection"),
        "verify": ("proof", "Verify"),
        "re_entry": ("re_entry", "ReEntry"),
        "runbook": ("runbook", "Runbook"),
        "import": ("import_credentials", "ImportCredentials"),
    }
)
"""A name for each screen, its module and its class, which is made of the session alone."""


def door(name: str, session: Session) -> Screen[None]:
    """The screen behind a door."""
    module, screen = DOORS[name]
    made: Callable[[Session], Screen[None]] = getattr(import_module(f"nskeys_tui.screens.{module}"), screen)
    return made(session)

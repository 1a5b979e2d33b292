"""What the palette offers on every screen, besides the keys of that screen."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App

from nskeys.wording.menu import ENTRIES
from nskeys_tui.dialogs.palette import Command
from nskeys_tui.screens.navigation import SCREENS, go_to
from nskeys_tui.screens.session import Session


def commands_everywhere(app: App[Any], session: Session) -> Iterator[Command]:
    """Yield a command for each screen; it opens on top of the present one, so that Esc leads back."""
    for entry in ENTRIES:
        if entry.token in SCREENS:
            yield Command(entry.name, entry.about, partial(go_to, app, session, entry.token), entry.also)

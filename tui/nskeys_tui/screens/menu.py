"""The menu: everything that the program can do, in groups, each with its key."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nskeys.wording.menu import ENTRIES, GROUPS
from nskeys.wording.text.terminal import pad, width
from nskeys_tui.screens.navigation import go_to
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

_KEYS = {entry.key: entry.token for entry in ENTRIES}


class MenuScreen(Guarded[None]):
    """Opens a screen with its key, or with Enter; Esc returns here from it."""

    HELP = (
        "Up and Down mark an entry and Enter goes there; the letter before an entry goes there at once. "
        "Esc leads back, step by step."
    )
    DEFAULT_CSS = """
    MenuScreen Room { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Back to the first screen"),
        Binding("m", "leave", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        yield TitleBar("Menu")
        yield Rule()
        with Room():
            yield ChoiceList(menu_choices(), searches=False)
        yield KeyBar()  # no rule above it: every entry is in sight on 24 lines

    def on_key(self, event: events.Key) -> None:
        """Go where a letter leads."""
        if (token := _KEYS.get(event.character or "")) is not None and token not in ("help", "palette"):
            event.stop()
            go_to(self.app, self._session, token)

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        go_to(self.app, self._session, message.key)

    def action_leave(self) -> None:
        self.dismiss()


def menu_choices() -> tuple[Choice, ...]:
    """Return a choice for each entry but Help, whose key stands in the key bar; the first of a group names
    it."""
    column = max(width(name) for name, _ in GROUPS) + 2
    return tuple(
        Choice(
            entry.token,
            f"{pad('' if number else name, column)}{pad(entry.key, 3)}{entry.name}",
            aside=entry.about,
        )
        for name, entries in GROUPS
        for number, entry in enumerate(entry for entry in entries if entry.token != "help")
    )

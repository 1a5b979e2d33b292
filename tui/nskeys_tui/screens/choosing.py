"""Choosing a backup file: one that the register remembers, one found by browsing, or one typed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from textual.screen import Screen

from nskeys.model.register import BackupCopy
from nskeys_tui.dialogs.ask_line import AskLine
from nskeys_tui.dialogs.file_browser import FileBrowser
from nskeys_tui.presenters.restore import remembered_choices
from nskeys_tui.widgets.choice_list import Choice, ChoiceList

_BROWSE, _TYPE = "/browse", "/type"


def backup_choices(copies: Sequence[BackupCopy], now: datetime) -> ChoiceList:
    """The backups that are remembered, then the two ways to name another."""
    choices = [Choice(*choice) for choice in remembered_choices(copies, now)]
    return ChoiceList(
        [
            *choices,
            Choice(_BROWSE, "Another file, found by browsing"),
            Choice(_TYPE, "Another file, typed"),
        ]
    )


async def chosen_address(screen: Screen[None], key: str) -> str | None:
    """The address behind a choice; None where the person went back."""
    if key == _BROWSE:
        path = await screen.app.push_screen_wait(FileBrowser("A backup", Path("/")))
        return None if path is None else str(path)
    if key == _TYPE:
        typed = await screen.app.push_screen_wait(
            AskLine("Backup", "Where is the backup?", "File", help="A .zip that nskeys wrote, or its .kms")
        )
        return typed.strip() if typed and typed.strip() else None
    return key

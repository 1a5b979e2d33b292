"""Choosing a backup file: from the register, by browsing, or by typing its address."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from textual.screen import Screen

from nskeys.errors import NskeysError
from nskeys.model.register import BackupCopy
from nskeys.wording.destinations import THERE_TITLE, destination_name
from nskeys.wording.pairs import NEWEST_THERE, WHERE_HELP
from nskeys_tui.dialogs.backup_list import BackupList
from nskeys_tui.dialogs.file_browser import FileBrowser, is_a_backup
from nskeys_tui.dialogs.questions import ChoiceDialog, Line
from nskeys_tui.presenters.own_folder import started_in
from nskeys_tui.presenters.restore import remembered_choices
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session, ask_line, show_error
from nskeys_tui.widgets.choice_list import Choice, ChoiceList

_BROWSE, TYPE, _THERE = "/browse", "/type", "/there"

T = TypeVar("T")


def backup_choices(copies: Sequence[BackupCopy], now: datetime, likely: str = "") -> ChoiceList:
    """Return the backups in the register, the one at `likely` marked, then the ways to name another."""
    choices = [Choice(*choice) for choice in remembered_choices(copies, now)]
    marked = [number for number, choice in enumerate(choices) if choice.key == likely]
    other = "Another" if choices else "A"
    choices.append(Choice(_BROWSE, f"{other} file or folder, found by browsing"))
    choices.append(Choice(_THERE, f"{other} file, from the list of a destination"))
    choices.append(Choice(TYPE, f"{other} file or place, typed", NEWEST_THERE))
    return ChoiceList(choices, cursor=marked[0] if marked else 0)


async def chosen_address(screen: Screen[None], session: Session, key: str) -> str | None:
    """Return the address of a choice that is not typed; None for Esc."""
    if key == _BROWSE:
        return await browsed_backup(screen, session, or_folder=True)
    if key == _THERE:
        return await listed_backup(screen, session)
    return key


async def listed_backup(screen: Screen[None], session: Session) -> str | None:
    """Return a backup chosen at one of the destinations, on this machine or another."""
    destinations = await run_in_background(session.services.destinations.known)
    if isinstance(destinations, NskeysError):
        show_error(screen.app, THERE_TITLE, destinations)
        return None
    choices = [Choice(info.address, destination_name(info)) for info in destinations]
    address = await screen.app.push_screen_wait(ChoiceDialog(THERE_TITLE, (), choices))
    return None if address is None else await backup_at(screen, session, address)


async def backup_at(screen: Screen[None], session: Session, address: str) -> str | None:
    """Return a backup chosen at one destination."""
    destinations = session.services.destinations
    found = await with_server_access(screen, session, partial(destinations.files, address))
    if isinstance(found, NskeysError):
        show_error(screen.app, THERE_TITLE, found)
        return None
    name = await screen.app.push_screen_wait(BackupList(address, found, found.left_out))
    return None if name is None else destinations.file_at(address, name)


async def browsed_backup(screen: Screen[None], session: Session, *, or_folder: bool = False) -> str | None:
    """Return a backup, or a folder with backups where that is taken too, found by browsing."""
    browser = FileBrowser("A backup", await browsing_start(session), tree=or_folder)
    path = await screen.app.push_screen_wait(browser)
    return None if path is None else str(path)


async def typed_backup(
    screen: Screen[None], attempt: Callable[[str], Awaitable[T | NskeysError]]
) -> T | None:
    """Return what `attempt` makes of a typed address. What is wrong with it stands below what was typed."""
    line = Line("Where", help=WHERE_HELP, is_path=True, wanted=is_a_backup)
    return await ask_line(screen.app, "Backup", "Where is the backup?", line, attempt)


async def browsed_folder(screen: Screen[None], session: Session) -> str | None:
    """Return a folder for backups, found by browsing."""
    start = await browsing_start(session)
    folder = await screen.app.push_screen_wait(FileBrowser("A folder for backups", start, folders=True))
    return None if folder is None else str(folder)


async def browsing_start(session: Session) -> Path:
    """Return where backups went last, if that is a folder here; else the folder nskeys was started in."""
    info = await run_in_background(session.services.destinations.default)
    if not isinstance(info, NskeysError) and info.address.startswith("/"):
        folder = Path(info.address)
        if await run_in_background(folder.is_dir) is True:
            return folder
    return started_in()

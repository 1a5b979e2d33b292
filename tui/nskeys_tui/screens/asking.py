"""Asking a service for something that is only read, and that a dead mount may never answer."""

from collections.abc import Callable
from typing import TypeVar

from nskeys.errors import NskeysError
from nskeys_tui.screens.background import in_background

T = TypeVar("T")


async def run_in_background(call: Callable[[], T]) -> T | NskeysError:
    """Its value, or the error that ended it. Nobody waits for it when the program leaves."""
    try:
        return await in_background(call)
    except NskeysError as error:
        return error

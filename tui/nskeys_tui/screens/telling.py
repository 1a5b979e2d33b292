"""Saying what went wrong on top of a screen: what happened, and what to do."""

from typing import Any

from textual.app import App

from nskeys.errors import Cancelled, NskeysError
from nskeys.wording.errors.in_app import say_in_app
from nskeys_tui.dialogs.questions import Notice


def show_error(app: App[Any], title: str, error: NskeysError) -> None:
    """Say it. That a person stopped something needs no explaining."""
    if not isinstance(error, Cancelled):
        sentence = say_in_app(error)
        app.push_screen(Notice(title, sentence.what, sentence.advice))

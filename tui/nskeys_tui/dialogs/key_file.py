"""Asks for the key file of a database by its path."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys.errors import NskeysError
from nskeys.model.secret import SecretBytes
from nskeys.services.user_files import read_key_file
from nskeys.wording.errors import say_in_app
from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.form_field import FormField


class AskKeyFile(Dialog[SecretBytes]):
    """Returns the bytes of the file, none where no path was typed, or None for Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "accept", "Go on")]

    def __init__(self, prompt: str, help: str, refused: str = "") -> None:
        super().__init__("Key file")
        self._prompt, self._help, self._refused = prompt, help, refused

    def body(self) -> Iterable[Widget]:
        if self._refused:
            yield text(f"! {self._refused}", "dialog--problem")
        yield text(self._prompt)
        yield FormField("Key file", help=self._help)

    def action_accept(self) -> None:
        """Return the file's bytes, unless it cannot be read."""
        field = self.query_one(FormField)
        path = field.value.strip()
        try:
            self.dismiss(read_key_file(path) if path else SecretBytes(b""))
        except NskeysError as error:
            field.problem = str(say_in_app(error))

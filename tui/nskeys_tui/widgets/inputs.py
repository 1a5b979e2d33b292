"""Inputs for text, a password, a word of a share. Their content may be hostile or secret."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

from nskeys.model.secret import SecretBytes
from nskeys.wording.text.terminal import safe

_UNSEEN = "▯"
"""Stands for a harmful character, one for one, so that the cursor stays right."""


def shown_in_place(text: str) -> str:
    """Return `text` with a sign in the place of each control or invisible character."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if safe(f"a{character}") == f"a{character}" else _UNSEEN for character in text)


class TextInput(Input):
    """An Input of one line without a frame. It does not blink, because each blink would be sent over the
    line."""

    DEFAULT_CSS = """
    TextInput, TextInput.-textual-compact {
        height: 1;
        padding: 0;
        border: none !important;
        text-style: underline;
        &:focus { border: none !important; background-tint: transparent; }
        & > .input--cursor { text-style: reverse; color: ansi_default; background: ansi_default; }
        & > .input--selection { text-style: reverse; color: ansi_default; background: ansi_default; }
        & > .input--placeholder { text-style: dim; }
    }
    """

    SEEKS: ClassVar[bool] = False
    """Whether the text is only a search, so that nothing is lost with it."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        id: str | None = None,
        submits: bool = True,
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, password=password, select_on_focus=False, compact=True, id=id
        )
        self.cursor_blink = False
        self._submits = submits
        self._given = value

    @property
    def typed(self) -> bool:
        """Whether a person typed something here that is not saved elsewhere yet."""
        return not self.SEEKS and self.value != self._given

    def give(self, value: str) -> None:
        """Set a value that nobody typed."""
        self._given = self.value = value

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (
            False if action == "submit" and not self._submits else super().check_action(action, parameters)
        )

    async def _on_key(self, event: events.Key) -> None:
        """Apply editing keys at once, in order with the letters.

        Textual takes a letter at once, but sends Backspace up to the app first. Of keys that a slow line
        delivers together the letters would overtake it, and a password would not be the one meant.
        """
        if not event.is_printable:
            for binding in self._bindings.key_to_bindings.get(event.key, ()):
                if await self.app.run_action(binding.action, self):
                    event.stop()
                    event.prevent_default()
                    return
        await super()._on_key(event)

    @property
    def _value(self) -> Text:
        """The text that Textual draws: the value, with a sign in the place of each harmful character."""
        if self.password:
            return super()._value
        return Text(shown_in_place(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        """Return where a character stands, measured on what is drawn."""
        return Text(shown_in_place(self.value[:position])).cell_len

    def _on_paste(self, event: events.Paste) -> None:
        """Paste in one line, as the base does, but skip empty first lines."""
        lines = [line for line in event.text.splitlines() if line]
        if lines:
            start, end = self.selection
            self.replace(lines[0], start, end)
        event.prevent_default()
        event.stop()


class SearchInput(TextInput):
    """What is typed is looked for at once."""

    SEEKS = True

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, submits=False)


class PasswordInput(TextInput):
    """Shows a dot for each character."""

    def __init__(self, *, id: str | None = None, submits: bool = True) -> None:
        super().__init__(password=True, id=id, submits=submits)

    def secret(self) -> SecretBytes:
        """Return what was typed, in NFC. The caller wipes it."""
        return SecretBytes.from_text(self.value, typed=True)

    def fill(self, secret: SecretBytes) -> None:
        """Set a password as if it were typed, with the cursor behind it."""
        self.value = secret.text()
        self.cursor_position = len(self.value)

    def forget(self) -> None:
        self.value = ""

    def action_delete_left_all(self) -> None:
        """Empty the whole field on Ctrl+U, wherever the cursor is, as at a terminal's prompt: a rest of the
        old password behind dots would go unseen, and the new one would open nothing."""
        self.forget()

    def validate_selection(self, selection: Selection) -> Selection:
        """Return a cursor, never a selection."""
        return Selection.cursor(super().validate_selection(selection).end)

    @property
    def selected_text(self) -> str:
        return ""

    def action_copy(self) -> None:
        raise SkipAction

    def action_cut(self) -> None:
        raise SkipAction

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if action in ("copy", "cut") else super().check_action(action, parameters)


class WordInput(PasswordInput):
    """A password input that shows its text. Backspace in an empty one posts Back."""

    class Back(Message):
        """The word before is to be typed again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, submits=False)
        self.password = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Ctrl+U in an empty line to the dialog, which empties the sheet."""
        if action == "delete_left_all":
            return bool(self.value)
        return super().check_action(action, parameters)

    def action_delete_left(self) -> None:
        """Delete a letter, or go back to the word before."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(self.Back())

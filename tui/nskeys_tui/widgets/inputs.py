"""Lines to type into: text, a password, a word of a share. What they hold may be hostile or secret."""

from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

from nskeys.model.secret import SecretBytes
from nskeys.wording.text.terminal import safe

_UNSEEN = "▯"
"""Stands for a character that is not shown as it is: one for one, so that the cursor stays right."""


def shown_in_place(text: str) -> str:
    """`text` with each character that a terminal obeys or a reader cannot see replaced by a sign."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if safe(f"a{character}") == f"a{character}" else _UNSEEN for character in text)


class TextInput(Input):
    """An Input of one line without a frame. It does not blink: each blink would cross the line."""

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

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        max_length: int = 0,
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
        submits: bool = True,
        seeks: bool = False,
    ) -> None:
        """`seeks`: what is typed here only looks for something, so nothing is lost with it."""
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            max_length=max_length,
            select_on_focus=False,
            compact=True,
            id=id,
            classes=classes,
            disabled=disabled,
        )
        self.cursor_blink = False
        self._submits, self._seeks = submits, seeks
        self._given = value

    @property
    def typed(self) -> bool:
        """Whether a person put something here that is not kept elsewhere yet."""
        return not self._seeks and self.value != self._given

    def give(self, value: str) -> None:
        """Put a value here that nobody typed."""
        self._given = self.value = value

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return where the field does not submit, Enter belongs to the screen it is on."""
        return (
            False if action == "submit" and not self._submits else super().check_action(action, parameters)
        )

    async def _on_key(self, event: events.Key) -> None:
        """What edits the line is done here and now, as what is typed into it is.

        Textual takes a letter at once, but sends Backspace all the way up to the app first: of keys that a
        slow line delivers together, the letters then overtake it, and a password is not the one meant."""
        if not event.is_printable:
            for binding in self._bindings.key_to_bindings.get(event.key, ()):
                if await self.app.run_action(binding.action, self):
                    event.stop()
                    event.prevent_default()
                    return
        await super()._on_key(event)

    @property
    def _value(self) -> Text:
        """What Textual draws: the value, each character that would do harm replaced by a sign."""
        if self.password:
            return super()._value
        return Text(shown_in_place(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        """Return where a character stands, measured on what is drawn."""
        return Text(shown_in_place(self.value[:position])).cell_len

    def _on_paste(self, event: events.Paste) -> None:
        """Take what was pasted in one line, as the base does, but never stop at an empty first line."""
        lines = [line for line in event.text.splitlines() if line]
        if lines:
            start, end = self.selection
            self.replace(lines[0], start, end)
        event.prevent_default()
        event.stop()


class PasswordInput(TextInput):
    """Shows a dot for each character."""

    def __init__(self, *, id: str | None = None, classes: str | None = None, submits: bool = True) -> None:
        super().__init__(password=True, id=id, classes=classes, submits=submits)

    def secret(self) -> SecretBytes:
        """Return what was typed, in NFC. The caller wipes it."""
        return SecretBytes.from_text(self.value, typed=True)

    def fill(self, secret: SecretBytes) -> None:
        """Put a password in, as if it were typed: the cursor stands behind it."""
        self.value = secret.text()
        self.cursor_position = len(self.value)

    def forget(self) -> None:
        """Empty the field."""
        self.value = ""

    def action_delete_left_all(self) -> None:
        """Ctrl+U empties the field, wherever the cursor is, as at a terminal's prompt: nobody sees what
        would stay behind dots, and a new password with a rest of the old one opens nothing."""
        self.forget()

    def validate_selection(self, selection: Selection) -> Selection:
        """Return a cursor, never a selection."""
        return Selection.cursor(super().validate_selection(selection).end)

    @property
    def selected_text(self) -> str:
        """Nothing."""
        return ""

    def action_copy(self) -> None:
        """Nothing is copied; the key goes on to whoever takes it."""
        raise SkipAction

    def action_cut(self) -> None:
        """Nothing is cut."""
        raise SkipAction

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Copying and cutting are not offered."""
        return False if action in ("copy", "cut") else super().check_action(action, parameters)


class WordInput(PasswordInput):
    """A password's line without its dots. Backspace in an empty one asks for the word before."""

    class Back(Message):
        """The word before is to be typed anew."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, submits=False)
        self.password = False

    def action_delete_left(self) -> None:
        """A letter, or the word before."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(self.Back())
